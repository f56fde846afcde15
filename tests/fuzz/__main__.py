"""The long form: `python -m tests.fuzz --requests 50000 --seed 1` prints a report.

It starts the product on a free port of this machine over a folder that is thrown away, and ends
with 1 when an answer was an error of the server, did not fit openapi.json, let somebody in whom
the matrix of access keeps out, or when a planted secret was seen in an answer or a log.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.fuzz.attack import Attack
from tests.fuzz.ground import Ground, attacked
from tests.fuzz.tally import Tally

CASES = 12  # of one operation in each round, each sent by five actors


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--requests", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what was found is told all the same
    tally = Tally(options.seed, tell=_tell)
    with tempfile.TemporaryDirectory(prefix="asql-fuzz-") as folder:
        Path(folder).chmod(0o755)  # root runs the server of the database by another account
        with attacked(Path(folder)) as ground:
            try:
                Attack(ground, tally, options.requests).run(cases=CASES)
            except KeyboardInterrupt:
                tally.notes.append("ended by hand")
            look_at_the_end(ground, tally)
    _tell(tally.as_text())
    return 1 if tally.faults else 0


def look_at_the_end(ground: Ground, tally: Tally) -> None:
    """Logs without secrets and crashes, both processes alive, nothing left outside."""
    logs = ground.logs()
    for secret in ground.seen(logs):
        tally.blame(f"a log tells the {secret}")
    if "request_crashed" in logs:
        tally.blame("a log tells of a request that crashed")
    for name, process in ground.product.processes.items():
        if process.poll() is not None:
            tally.blame(f"{name} has ended with {process.returncode}")
    left = sorted(path.name for path in ground.outside.iterdir())
    if left != ["fora.csv"]:
        tally.blame(f"outside of the folders lies now: {left}")
    tally.notes.append(
        f"log of {len(logs):,} characters read, {len(ground.secrets)} secrets sought"
    )


def _tell(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
