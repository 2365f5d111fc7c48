"""The document of the comparison: what differs on purpose and why, and a cell for everything that was compared."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from case_comparison import NOTHING, Finding
from cases import Case
from purposes import PURPOSES, purpose_of

TITLES: Mapping[str, str] = {
    "input": "Inputs",
    "create_pipeline": "`create_pipeline`",
    "page": "Pages",
    "methods": "Methods and attributes of results",
    "engine": "Engines",
    "no such parameter": "`predict`: a parameter that does not exist",
    "doc_preprocessor": "`doc_preprocessor`: `use_doc_orientation_classify`, `use_doc_unwarping`",
}
"""Headings of rows that are no parameters of ``predict``."""

INTRO = """# Differences from PaddleX 3.7.2

Written by `python tests/parity/parity_kit.py --write`; the tests compare. {cases} cases were run with PaddleX and
with ocrzoo, on the same weights and inputs, and every key of every result was compared: {compared} comparisons,
{same} equal, {purposes} different on purpose, {open} different otherwise. Tolerances: coordinates one
pixel, scores 0.0002, the mean of each of 8 x 8 parts of a picture half a level of 255. The orientation classifiers
and UVDoc are synthetic models with random weights: what is compared is the processing around them. PaddleX's answers
are recorded in `tests/parity/cases.json` ({versions}).

## On purpose

`create_pipeline(..., paddlex_quirks=True)` gives PaddleX's behavior where the last column says so; the tests run
these cases a second time with it, and then nothing differs.
"""


@dataclass
class Tally:
    """What was found of one thing."""

    equal: int = 0
    """To the last digit."""
    near: int = 0
    """Within the tolerance."""
    purposes: set[int] = field(default_factory=set)
    on_purpose: int = 0
    open: list[Finding] = field(default_factory=list)

    def add(self, finding: Finding) -> None:
        """Count a finding."""
        purpose = None if finding.equal else purpose_of(finding)
        if finding.equal:
            exact = finding.ours == finding.theirs
            self.equal += exact
            self.near += not exact
        elif purpose is not None:
            self.on_purpose += 1
            self.purposes |= {PURPOSES.index(purpose) + 1}
        else:
            self.open.append(finding)

    def cell(self, left_out: frozenset[int] = frozenset()) -> str:
        """Return the verdict in a word or two."""
        if self.open:
            missing = any(one.ours == NOTHING for one in self.open)
            return "**missing**" if missing else "**different**"
        told = sorted(self.purposes - left_out)
        return f"on purpose: {', '.join(map(str, told))}" if told else "equal"


EVERYWHERE = frozenset(PURPOSES.index(purpose) + 1 for purpose in PURPOSES if purpose.everywhere)
"""Numbers of differences that would stand in every cell."""


Place = tuple[str, str, str]
"""Heading of a table, first cell of a row, heading of a column."""


def verdicts(cases: Sequence[Case], findings: Sequence[Finding]) -> dict[Place, str]:
    """Return what stands in which cell of the tables."""
    by_name = {case.name: place_of(case) for case in cases}
    tallies: defaultdict[Place, Tally] = defaultdict(Tally)
    for finding in findings:
        tallies[by_name[finding.case]].add(finding)
    return {place: tally.cell(EVERYWHERE) for place, tally in tallies.items()}


def place_of(case: Case) -> Place:
    """Return which cell a case has a say in."""
    title = TITLES.get(case.row) or "`predict`: " + ", ".join(f"`{name}`" for name in case.row.split(", "))
    return title, case.value, "" if case.row == "create_pipeline" else f"`{case.pipeline}`"


def read_verdicts(document: str) -> dict[Place, str]:
    """Return what stands in which cell of a document's tables."""
    found: dict[Place, str] = {}
    for section in document.split("\n### ")[1:]:
        title, _, body = section.partition("\n")
        heads, _, *rows = (line.strip("|").split("|") for line in body.splitlines() if line.startswith("|"))
        for row in rows:
            value, *cells = (cell.strip() for cell in row)
            found |= {(title, value, head.strip()): cell for head, cell in zip(heads[1:], cells, strict=True) if cell}
    return found


def render(cases: Sequence[Case], findings: Sequence[Finding], versions: Mapping[str, str]) -> str:
    """Return the document."""
    all_of_it = Tally()
    aspects: defaultdict[str, Tally] = defaultdict(Tally)
    for finding in findings:
        for tally in (all_of_it, aspects[finding.aspect]):
            tally.add(finding)
    shown = ("python", "numpy", "opencv-contrib-python", "onnxruntime", "paddlepaddle")
    intro = INTRO.format(
        cases=len(cases),
        versions=", ".join(f"{name} {versions[name]}" for name in shown),
        compared=len(findings),
        same=all_of_it.equal + all_of_it.near,
        purposes=all_of_it.on_purpose,
        open=len(all_of_it.open),
    )
    parts = [
        intro,
        *_purposes(),
        "",
        "## Everything that was compared",
        "",
        *_key(),
        *_rows(cases, verdicts(cases, findings)),
    ]
    return "\n".join([*parts, *_aspects(aspects)]) + "\n"


def _key() -> Iterator[str]:
    numbers = ", ".join(str(PURPOSES.index(one) + 1) for one in PURPOSES if one.everywhere)
    yield f"Numbers refer to the list above; {numbers} hold everywhere and are not repeated. Columns are"
    yield "pipelines (`tests/parity/case_pipelines.py`): `off` has all stages off and PaddleX's settings, `strict`"
    yield "other settings, `on` all stages on."
    yield ""


def _purposes() -> Iterator[str]:
    yield "| | what | PaddleX | ocrzoo | why | `paddlex_quirks` |"
    yield "|---|---|---|---|---|---|"
    for number, one in enumerate(PURPOSES, 1):
        quirk = "as PaddleX" if one.quirk else ""
        yield f"| {number} | {one.what} | {one.theirs} | {one.ours} | {one.why} | {quirk} |"


def _rows(cases: Sequence[Case], cells: Mapping[Place, str]) -> Iterator[str]:
    places = [place_of(case) for case in cases]
    for title in dict.fromkeys(title for title, _, _ in places):
        of_table = [place for place in places if place[0] == title]
        heads = list(dict.fromkeys(head for _, _, head in of_table))
        yield f"### {title}"
        yield ""
        yield f"| | {' | '.join(heads)} |"
        yield "|---" * (len(heads) + 1) + "|"
        for value in dict.fromkeys(value for _, value, _ in of_table):
            yield f"| {value} | {' | '.join(cells.get((title, value, head), '') for head in heads)} |"
        yield ""


def _aspects(aspects: Mapping[str, Tally]) -> Iterator[str]:
    yield "### Result keys, and what else results give"
    yield ""
    yield "| | compared | equal | within the tolerance | on purpose | verdict |"
    yield "|---|---|---|---|---|---|"
    for aspect, one in aspects.items():
        compared = one.equal + one.near + one.on_purpose + len(one.open)
        yield f"| {named(aspect)} | {compared} | {one.equal} | {one.near} | {one.on_purpose} | {one.cell()} |"


def named(aspect: str) -> str:
    """Return what is compared, in words."""
    kind, _, name = aspect.partition(":")
    words = {
        "type": "type of {}",
        "pages": "pixels of {}",
        "img": "`img`: {}",
        "printed": "{}",
        "printed to": "where {} writes",
        "files": "files of {}",
    }
    whole = {
        "outcome": "answers or an error",
        "results": "number of results",
        "order": "order of the keys",
        "img:error": "an error of `img`",
    }
    return whole.get(aspect) or words.get(kind, "{}").format(f"`{name}`")
