"""The stand-in as the real server that ORACLE_TEST_DSN names: it answers the texts meant for one.

`python -m tests.oracle_standin.rehearsal` prints its address and serves until its input closes. It
proves the way to a real server - variables, texts, preparation - but nothing of that server.
"""

from __future__ import annotations

import re
import sys

from tests.oracle_live import PASSWORD, TEXTS, USER
from tests.oracle_standin.tns_standin import Scripted, Server
from tests.sources import ORACLE_TEXTS, oracle_script

ZONED = r"sys_extract_utc.*"


def live_script() -> Scripted:
    """What `oracle_script` answers, for the texts that a real server understands."""
    script = oracle_script()
    known = list(script.scripts)
    for name, text in TEXTS.items():
        if text == ORACLE_TEXTS.get(name):
            continue
        for prefix in ("", ZONED):
            asked = ("SELECT SYS_EXTRACT_UTC(\n" if prefix else "") + ORACLE_TEXTS[name]
            answer = next(each for each in known if each.pattern.search(asked))
            script.on(
                prefix + re.escape(text),
                answer.columns,
                answer.rows,
                delay=answer.delay,
                fault=answer.fault,
            )
    script.on(r"^\s*(begin|create)\b")
    script.on(r"^select id from alvo$", "ID NUMBER(9)", [])
    return script


def main() -> None:
    with Server(live_script(), users={USER.upper(): PASSWORD}, profile="23ai") as server:
        sys.stdout.write(f"{server.host}:{server.port}/{server.service}\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main()
