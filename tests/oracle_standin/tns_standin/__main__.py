"""python -m tns_standin --port 1521 --user APP --password secret [--sql FILE]

Runs the stand-in with DuckDB behind it until interrupted.  Loopback only.
"""

import argparse
import time
from pathlib import Path

from . import PROFILES, DuckDB, Scripted, Server


def main() -> None:
    p = argparse.ArgumentParser(prog="tns_standin")
    p.add_argument("--host", default="127.0.0.1")
    p.add_argument("--port", type=int, default=1521)
    p.add_argument("--service", default="ORCLPDB1")
    p.add_argument("--user", default="APP")
    p.add_argument("--password", default="secret")
    p.add_argument("--profile", default="19c", choices=sorted(PROFILES))
    p.add_argument("--sql", help="file of DuckDB statements to run first")
    a = p.parse_args()
    db = DuckDB()
    if a.sql:
        db.db.execute(Path(a.sql).read_text(encoding="utf-8"))
    script = Scripted(otherwise=db)
    script.on(
        r"sys_context\(\s*'userenv',\s*'current_schema'", "S VARCHAR2(128)", [(a.user.upper(),)]
    )
    with Server(
        script,
        users={a.user: a.password},
        service=a.service,
        profile=a.profile,
        host=a.host,
        port=a.port,
    ):
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            pass


if __name__ == "__main__":
    main()
