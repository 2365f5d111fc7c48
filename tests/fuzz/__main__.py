"""``python -m tests.fuzz``: commands with bad inputs drawn from a seed; none may hang or crash.

    python -m tests.fuzz                          # 2000 cases of seed 1, in about ten minutes
    python -m tests.fuzz --seed 7 --count 500
    python -m tests.fuzz --case pdfs:31 --keep /tmp/case      # one case again, with its files

Each case is a command in a process of its own, limited to 20 s; one that reaches it runs once more, alone, as the
machine may be busy. Exit code 1 if one reaches the limit again, is ended by a signal, or prints a traceback or
``bug:``.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from tests.fuzz.runner import KINDS, Outcome, run_all
from tests.fuzz.server import serving


def main() -> int:
    """Run the cases and print a table, then each defect."""
    options = _options()
    wanted = [(kind, number) for number in range(-(-options.count // len(KINDS))) for kind in KINDS][: options.count]
    if options.case:
        kind, _, number = options.case.partition(":")
        wanted = [(kind, int(number))]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary, serving() as server:
        folder = Path(temporary if options.keep is None else options.keep)
        run = partial(run_all, seed=options.seed, folder=folder, server=server, keep=options.keep is not None)
        outcomes = []
        for first in run(wanted, jobs=options.jobs):
            outcome = first
            if first.defect == "hang":
                _print_case(first)
                (outcome,) = run([(first.kind, first.number)], jobs=1)
            outcomes.append(outcome)
            if outcome.defect or options.case:
                _print_case(outcome)
    _print_table(outcomes)
    return int(any(outcome.defect for outcome in outcomes))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__.partition("\n")[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--case", metavar="KIND:NUMBER")
    parser.add_argument("--keep", metavar="FOLDER", help="keep the files of the cases in this new folder")
    return parser.parse_args()


def _print_case(outcome: Outcome) -> None:
    how = outcome.defect or "right"
    print(f"{outcome.kind}:{outcome.number} {how}, exit code {outcome.code}, {outcome.seconds:.1f} s")
    print("  " + ascii(outcome.case.arguments)[:300])
    for line in outcome.printed.splitlines()[-12:]:
        print("  " + ascii(line)[:300])


def _print_table(outcomes: Sequence[Outcome]) -> None:
    for kind in KINDS:
        own = [one for one in outcomes if one.kind == kind]
        if own:
            codes = ", ".join(f"{code}: {count}" for code, count in sorted(Counter(one.code for one in own).items()))
            slowest = max(own, key=lambda one: one.seconds)
            defects = sum(one.defect is not None for one in own)
            print(f"{kind:9} {len(own):5} cases, {defects} defects; exit codes {codes};", end=" ")
            print(f"slowest {slowest.seconds:.1f} s ({kind}:{slowest.number})")


if __name__ == "__main__":
    sys.exit(main())
