"""Hold an answer of our server against PaddleX's to the same request, field by field; what differs on purpose."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from case_comparison import NEAR, NOTHING, within

LEVELS = 2.0
"""How far a picture's mean color may be off, of 255."""
DRAWN_LEVELS = 20.0
"""The same of a picture with drawn results: colors and fonts are each side's own."""
ADDED = ("dt_scores", "reading_order", "line_counts", "rec_polys_original")
"""Keys of ocrzoo's results that PaddleX's have not (differences of the pipeline)."""


@dataclass(frozen=True)
class Difference:
    """One field that is not the same."""

    request: str
    field: str
    """Where it is: ``status``, ``headers.allow``, ``body.json.result.dataInfo.type``, with ``keys of`` before it for
    the order and ``type of`` for the kind of a value."""
    ours: Any
    theirs: Any

    def __str__(self) -> str:
        """Return the difference in one line."""
        return f"{self.request}: {self.field}: ours {self.ours!r:.300}, theirs {self.theirs!r:.300}"


@dataclass(frozen=True)
class Allowed:
    """A difference that is meant: shell patterns over the names of requests, and over fields."""

    what: str
    theirs: str
    ours: str
    why: str
    requests: Sequence[str] = ("*",)
    fields: Sequence[str] = ("*",)

    def covers(self, difference: Difference) -> bool:
        """Whether a difference is this one; no fault of our server is ever meant."""
        if difference.field in {"status", "body.json.errorCode"} and difference.ours in range(500, 600):
            return False
        named = any(fnmatchcase(difference.request, pattern) for pattern in self.requests)
        return named and any(fnmatchcase(difference.field, pattern) for pattern in self.fields)


def differences(request: str, ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> Iterator[Difference]:
    """Yield all that differs between two answers to one request."""
    for part in ("status", "headers", "body"):
        for field, mine, other in _differing(part, part, ours[part], theirs[part]):
            yield Difference(request, field, mine, other)


def _differing(field: str, key: str, ours: Any, theirs: Any) -> Iterator[tuple[str, Any, Any]]:
    if key == "color" and ours != NOTHING:
        if not within(DRAWN_LEVELS if ".ocrImage." in field else LEVELS)(ours, theirs):
            yield field, ours, theirs
    elif isinstance(ours, dict) and isinstance(theirs, dict):
        common = [[name for name in one if name in other] for one, other in ((ours, theirs), (theirs, ours))]
        if common[0] != common[1]:
            yield f"keys of {field}", common[0], common[1]
        for name in dict.fromkeys([*theirs, *ours]):
            mine, other = ours.get(name, NOTHING), theirs.get(name, NOTHING)
            yield from _differing(f"{field}.{name}", name, mine, other)
    elif kind(ours) != kind(theirs):
        yield f"type of {field}" if NOTHING not in (ours, theirs) else field, ours, theirs
    elif key in NEAR and isinstance(ours, list):
        if not _near(key, ours, theirs):
            yield field, ours, theirs
    elif isinstance(ours, list) and len(ours) == len(theirs):
        for number, (mine, other) in enumerate(zip(ours, theirs, strict=True)):
            yield from _differing(f"{field}.{number}", key, mine, other)
    elif ours != theirs:
        yield field, ours, theirs


def _near(key: str, ours: Any, theirs: Any) -> bool:
    try:
        return NEAR[key](ours, theirs)
    except TypeError:  # one has a list where the other has a number
        return False


def kind(value: Any) -> str:
    """Return what JSON calls a value, and whether a number is written with a fraction."""
    return type(value).__name__


def allowed_by(difference: Difference) -> Allowed | None:
    """Return why something differs, if that is on the list."""
    return next((one for one in ALLOWED if one.covers(difference)), None)


SUCCESS = ("status", "body.json.errorCode", "body.json.errorMsg", "body.json.result")
"""What differs where one side answers and the other refuses."""
REFUSAL = (*SUCCESS, "body.json.code")

ALLOWED: Sequence[Allowed] = (
    Allowed(
        what="keys of results",
        theirs="absent",
        ours="`dt_scores`, `reading_order`, `line_counts`, `rec_polys_original`",
        why="ocrzoo's results have them (differences of the pipeline); no client minds a key that it does not know",
        fields=tuple(f"*.prunedResult.{key}" for key in ADDED),
    ),
    Allowed(
        what="a page without text",
        theirs="no key `textline_orientation_angles`",
        ours="the key exists and is empty",
        why="results always have the same keys",
        fields=("*.prunedResult.textline_orientation_angles",),
        requests=("file *.png", "image clear.png", "file as base64 without padding", "textDet*"),
    ),
    Allowed(
        what="`dataInfo.totalPages` and `result.warnings`",
        theirs="a longer document is cut silently",
        ours="the pages of the whole document; a warning where it was cut",
        why="a client has to know that pages are missing",
        fields=("body.json.result.dataInfo.totalPages", "body.json.result.warnings"),
        requests=("*PDF*", "*TIFF*", "URL pages3.pdf"),
    ),
    Allowed(
        what="half of a surrogate pair as `logId`",
        theirs="500",
        ours="it is echoed, as an escape",
        why="it is valid JSON, and no fault of the server",
        fields=("status", "body.json.errorCode", "body.json.logId"),
        requests=("body: half of a surrogate pair as logId",),
    ),
    Allowed(
        what="`code` in the body of errors",
        theirs="absent",
        ours="a word such as `invalid_input`",
        why="programs tell errors apart by it; the text may change",
        fields=("body.json.code",),
    ),
    Allowed(
        what="formats of images",
        theirs="those of its OpenCV",
        ours="GIF and others too",
        why="a page is read if it can be",
        requests=("file small.gif",),
        fields=SUCCESS,
    ),
    Allowed(
        what="`data:` URIs and base64url",
        theirs="decoded to nonsense, 422",
        ours="read",
        why="browsers make the one, some libraries the other",
        requests=("file as data URI", "file as base64url"),
        fields=SUCCESS,
    ),
    Allowed(
        what="no `fileType`, or null",
        theirs="422 unless the suffix of a URL says the type",
        ours="detected from the content",
        why="the content says what it is",
        requests=("fileType null", "no fileType", "logId and no fileType"),
        fields=SUCCESS,
    ),
    Allowed(
        what="why a file cannot be read",
        theirs="`Invalid input file` whatever it is, and `File type cannot be determined`",
        ours="what is wrong with it; the status is the same",
        why="whoever sent the file can repair it",
        requests=("image *", "PDF *", "file as *", "URL *", "fileType *", "logId with a bad file", "body: *"),
        fields=("body.json.errorMsg",),
    ),
    Allowed(
        what="URLs that are not downloaded",
        theirs="422",
        ours="403",
        why="the server's rules forbid it; the file is not at fault",
        requests=("URL without a host",),
        fields=REFUSAL,
    ),
    Allowed(
        what="a stage that the pipeline was built without",
        theirs="500",
        ours="its model is loaded when it is first asked for",
        why="as with `predict` (differences of the pipeline)",
        requests=("use* true", "logId with a stage that is not there"),
        fields=SUCCESS,
    ),
    Allowed(
        what="values that have no meaning: a threshold outside 0 to 1, a side of 0, NaN",
        theirs="an answer of no use, or 500",
        ours="422 with what is needed",
        why="whoever made a mistake should hear of it",
        requests=("textDet*", "textRecScoreThresh 2"),
        fields=REFUSAL,
    ),
    Allowed(
        what="0 for `textDetThresh`, `textDetBoxThresh`, `textDetUnclipRatio`",
        theirs="reports 0 and computes with the pipeline's own value",
        ours="computes with 0",
        why="0 is a value (differences of the pipeline)",
        requests=("textDetThresh 0", "textDetBoxThresh 0", "textDetUnclipRatio 0"),
        fields=("*.prunedResult.*",),
    ),
    Allowed(
        what="a `logId` that is not text",
        theirs="500, as its error's `logId` is not text either; 422 for 0 and false",
        ours="422",
        why="the request is wrong, the server is not",
        requests=("logId number", "logId true", "logId list", "logId object"),
        fields=REFUSAL,
    ),
    Allowed(
        what="the content type of a request",
        theirs="JSON is read only if it is said to be JSON",
        ours="JSON is read whatever it is said to be",
        why="clients forget the header; the content says what it is",
        requests=("content type: *",),
        fields=SUCCESS,
    ),
    Allowed(
        what="`Accept` with another type than JSON",
        theirs="ignored",
        ours="text, hOCR and other formats are answered",
        why="exports are asked for in this way",
        requests=("Accept: *",),
        fields=("headers.content-type", "body.*"),
    ),
    Allowed(
        what="a language in a request",
        theirs="an unknown key, ignored",
        ours="`lang` chooses the model",
        why="one server reads many languages",
        requests=("unknown key lang",),
        fields=REFUSAL,
    ),
    Allowed(
        what="`Allow` beside 405",
        theirs="absent",
        ours="there",
        why="HTTP demands it (RFC 9110)",
        fields=("headers.allow",),
    ),
    Allowed(
        what="`/`",
        theirs="404",
        ours="leads to the page `/ui/`",
        why="whoever opens the address in a browser sees something",
        requests=("GET /", "POST /"),
    ),
    Allowed(
        what="`/docs`",
        theirs="a page that loads its scripts from another host",
        ours="404; `/openapi.json` is there",
        why="nothing is loaded from elsewhere",
        requests=("GET /docs",),
    ),
    Allowed(
        what="`/layout-parsing`",
        theirs="404 by the OCR pipeline",
        ours="the same lines as `layoutParsingResults`",
        why="the tutorial's Node.js client for OCR asks there",
        requests=("POST /layout-parsing",),
        fields=SUCCESS,
    ),
)
"""All that differs on purpose, with the reason; the first that covers a difference counts."""

DOCUMENT = Path(__file__).parents[2] / "docs" / "serving-differences.md"


INTRODUCTION = """# Differences from PaddleX's server

Written by `python tests/parity/serving_comparison.py`; the tests compare. {count} requests, well-formed and malformed,
were sent to PaddleX 3.7.2 (`paddlex --serve`) and are sent to `ocrzoo serve --paddlex_quirks True` with the same
weights. Every status, key, type and value and the headers that matter are compared, pictures by their size and kind.
PaddleX's answers are recorded in `tests/parity/serving.json`. Without `paddlex_quirks`, results also differ as
[those of the pipeline](paddlex-differences.md) do.

| what | PaddleX | ocrzoo | why |
|---|---|---|---|
"""


def document() -> str:
    """Return the page of the documentation with all that differs."""
    from serving_requests import requests

    rows = [f"| {one.what} | {one.theirs} | {one.ours} | {one.why} |\n" for one in ALLOWED]
    return INTRODUCTION.format(count=len(list(requests()))) + "".join(rows)


if __name__ == "__main__":
    DOCUMENT.write_text(document(), encoding="utf-8")
