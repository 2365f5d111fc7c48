"""Play all cases with PaddleX 3.7.2 and with ocrzoo, and compare: ``python tests/parity/parity_kit.py``.

Without arguments, ocrzoo's answers are held against the recorded ones and every difference that is not on purpose is
told. ``--write`` writes docs/paddlex-differences.md; ``--record`` first records PaddleX's answers anew, in an
environment of its own (see ``record.py``).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from case_answers import read_answers, write_answers
from case_comparison import Finding, compare
from case_report import render
from case_rooms import gather_models, places, request
from cases import Case, cases
from ocrzoo_cases import play_with_ocrzoo
from purposes import purpose_of
from record import environment

from ocrzoo_registry.zoo import Zoo

HERE = Path(__file__).parent
RECORDED = HERE / "cases.json"
DOCUMENT = HERE.parents[1] / "docs" / "paddlex-differences.md"
PLAY_TIMEOUT_S = 900
"""All cases take PaddleX two minutes on two cores."""


@contextmanager
def room(stand_ins: Mapping[str, Path], zoo: Zoo) -> Iterator[dict[str, str]]:
    """Give a place to play in: inputs, models, a server; it is gone afterwards."""
    with TemporaryDirectory(prefix="parity-") as folder:
        models = gather_models(Path(folder) / "models", stand_ins, zoo)
        with places(Path(folder), models, Path(folder) / "cache") as found:
            yield found


def play_with_paddlex(chosen: Sequence[Case], found: Mapping[str, str], python: Path) -> dict[str, Any]:
    """Return versions and PaddleX's answers to cases, played with the Python of an environment that has it."""
    from PIL import ImageFont

    folder = Path(found["{cache}"])
    folder.mkdir(parents=True, exist_ok=True)
    font = folder / "font.ttf"
    font.write_bytes(ImageFont.load_default(16).font_bytes)  # type: ignore[union-attr]  # one that is not Pillow's bitmap
    environ = {name: text for name, text in os.environ.items() if not name.lower().endswith("_proxy")}
    environ |= {
        "PADDLE_PDX_CACHE_HOME": str(folder),
        "PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK": "True",
        "PADDLE_PDX_LOCAL_FONT_FILE_PATH": str(font),  # else it would download one
    }
    asked = {**request(chosen, found), "output": str(folder / "answers.json")}
    done = subprocess.run(
        [str(python), "-I", "-X", "utf8", str(HERE / "paddlex_cases.py")],
        input=json.dumps(asked),
        text=True,
        encoding="utf-8",
        capture_output=True,
        timeout=PLAY_TIMEOUT_S,
        check=False,
        env=environ,
    )
    if done.returncode:
        raise RuntimeError(f"PaddleX's half ended with {done.returncode}: {done.stderr[-2000:]}")
    answers: dict[str, Any] = json.loads((folder / "answers.json").read_text(encoding="utf-8"))
    return answers


def findings(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> list[Finding]:
    """Compare all cases that ocrzoo was given."""
    return [finding for name, answer in ours.items() for finding in compare(name, answer, theirs[name])]


def settled(
    ours: Mapping[str, Any],
    recorded: Mapping[str, Any],
    doubtful: Callable[[Sequence[Finding]], set[str]],
    ask: Callable[[set[str]], Mapping[str, Any]],
) -> list[Finding]:
    """Compare with the recorded answers, and the doubtful cases with what PaddleX answers on this machine.

    A recorded answer holds for the CPU that it was recorded on (docs/agreement.md): ``doubtful`` names the cases whose
    differences from it are unexpected, ``ask`` returns PaddleX's answers to those.
    """
    found = findings(ours, recorded)
    names = doubtful(found)
    if not names:
        return found
    print("PaddleX is run on this machine, as these differ from its recorded answers:", *sorted(names), sep="\n  ")
    live = findings({name: ours[name] for name in ours if name in names}, ask(names))
    return [*(one for one in found if one.case not in names), *live]


def unexplained(found: Iterable[Finding]) -> list[str]:
    """Return the differences that are on nobody's list."""
    return [str(finding) for finding in found if not finding.equal and purpose_of(finding) is None]


def quirky(found: Iterable[Finding]) -> set[str]:
    """Return the cases that differ only until PaddleX's quirks are asked for."""
    differing = ((finding, purpose_of(finding)) for finding in found if not finding.equal)
    return {finding.case for finding, purpose in differing if purpose is not None and purpose.quirk}


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the command line asks; the exit status is 1 where something differs that is not on purpose."""
    parser = argparse.ArgumentParser(description="Compare ocrzoo with PaddleX 3.7.2, case by case.")
    parser.add_argument("--record", action="store_true", help="record PaddleX's answers anew")
    parser.add_argument("--environment", type=Path, metavar="DIR", help="a virtual environment with PaddleX in it")
    parser.add_argument("--write", action="store_true", help="write docs/paddlex-differences.md")
    parser.add_argument("--case", default="", metavar="TEXT", help="only cases whose name has this in it")
    options = parser.parse_args(argv)
    from tests.standins.writing import write_stand_ins

    chosen = [case for case in cases() if options.case in case.name]
    zoo = Zoo()
    with TemporaryDirectory() as folder, room(write_stand_ins(Path(folder)), zoo) as found:
        if options.record:
            with environment(options.environment) as python:
                recorded = play_with_paddlex(chosen, found, python)
            write_answers(RECORDED, recorded["versions"], recorded["answers"])
        versions, theirs = read_answers(RECORDED)
        compared = findings(play_with_ocrzoo(request(chosen, found), zoo, paddlex_quirks=False), theirs)
        again = [case for case in chosen if case.name in quirky(compared)]
        as_paddlex = findings(play_with_ocrzoo(request(again, found), zoo, paddlex_quirks=True), theirs)
    if options.write:
        DOCUMENT.write_text(render(chosen, compared, versions), encoding="utf-8")
    remaining = [finding for finding in as_paddlex if quirky([finding])]
    told = [*unexplained(compared), *(f"with quirks: {line}" for line in unexplained(as_paddlex))]
    told += [f"with quirks, still: {finding}" for finding in remaining]
    print(
        "\n".join([*told, f"{len(chosen)} cases, {len(compared)} comparisons, {len(told)} differences not on purpose"])
    )
    return int(len(told) > 1)


if __name__ == "__main__":
    sys.exit(main())
