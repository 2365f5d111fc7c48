"""The cases: every parameter of the tutorial with every kind of value, every kind of input, every result key.

A case is a pipeline (``case_pipelines.py``), an input (``case_inputs.py``) and what ``predict`` is told. Its row says
what it is about, and stands in the table of docs/paddlex-differences.md; several cases share one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

NOTE = "{pages}/note.png"
FLAGS = (None, True, False)
VALUES: Mapping[str, Sequence[Any]] = {
    "text_det_limit_side_len": (None, 1, 64, 320, 960, 0, -1),
    "text_det_limit_type": (None, "min", "max", "longest"),
    "text_det_thresh": (None, 0, 0.3, 0.6, 1.0, -0.5, 2),
    "text_det_box_thresh": (None, 0, 0.6, 0.9, 1.0, 2),
    "text_det_unclip_ratio": (None, 0, 1.0, 2.0, 3.5),
    "text_rec_score_thresh": (None, 0, 0.5, 0.99, 1.0, 2),
    "return_word_box": FLAGS,
}
"""Parameters of ``predict`` other than the stages' switches, with what they are given."""

PAGES = (
    "chinese_mixed.png",
    "english_paragraph.png",
    "rotated.png",
    "turned_sideways.png",
    "wide_line.png",
    "no_text.png",
    "tiny.png",
    "upside_down.png",
    "sideways.png",
    "white.png",
    "black.png",
    "dot.png",
)
ARRAYS = ("bgr", "gray", "one_channel", "bgra", "float", "nothing")

INPUTS: Mapping[str, Any] = {
    "png": NOTE,
    "jpg": "{pages}/note.jpg",
    "jpg with EXIF rotation": "{pages}/exif.jpg",
    "bmp": "{pages}/note.bmp",
    "ppm": "{pages}/note.ppm",
    "webp": "{pages}/note.webp",
    "webp with EXIF rotation": "{pages}/exif.webp",
    "suffix in capitals": "{pages}/CAPITALS.PNG",
    "gray png": "{pages}/gray.png",
    "png with transparency": "{pages}/alpha.png",
    "png with black ink on transparency": "{pages}/clear.png",
    "16-bit png": "{pages}/deep.png",
    "jpeg named png": "{pages}/misnamed.png",
    "TIFF of one page": "{pages}/single.tif",
    "TIFF of two pages": "{pages}/pages.tiff",
    "TIFF with a reduced copy": "{pages}/overview.tif",
    "PDF of two pages": "{pages}/pages.pdf",
    "folder": "{pages}/folder",
    "list of paths": [NOTE, "{pages}/white.png", "{pages}/pages.pdf"],
    "list of arrays": [{"array": "{pages}/bgr.npy"}, {"array": "{pages}/bgr.npy"}],
    "list of paths and arrays": [NOTE, {"array": "{pages}/bgr.npy"}],
    "list of folders": ["{pages}/folder", "{pages}/folder/sub"],
    "list of lists": [[NOTE], [NOTE]],
    "empty list": [],
    "pathlib.Path": {"path": NOTE},
    "URL": "{url}/note.png",
    "URL of a PDF": "{url}/pages.pdf",
    "URL with a query": "{url}/note.png?page=1",
    "URL of nothing": "{url}/nowhere.png",
    "no such file": "{pages}/nowhere.png",
    "no such folder": "{pages}/nowhere",
    "empty folder": "{pages}/empty",
    "file of another kind": "{pages}/notes.txt",
    "picture cut short": "{pages}/cut.png",
    "no picture": "{pages}/no_image.png",
    "file of no bytes": "{pages}/nothing.png",
    "broken PDF": "{pages}/broken.pdf",
    "list with a broken picture": ["{pages}/white.png", "{pages}/no_image.png", NOTE],
    "None": None,
    "number": 7,
} | {f"array: {name}": {"array": f"{{pages}}/{name}.npy"} for name in ARRAYS}
"""Kind of input -> one of that kind."""

CREATED = (
    "yaml",
    "yml",
    "yaml preprocessor",
    "no such yaml",
    "broken yaml",
    "no such pipeline",
    "name and config",
    "another name and config",
    "device cpu",
    "no such device",
    "use_hpip None",
    "use_hpip False",
    "use_hpip True",
    "hpi_config",
    "hpi_config None",
    "seal",
    "no such text type",
    "no such key",
    "no such model",
    "no such folder",
    "another model's folder",
    "bare",
    "zeros",
    "strict",
    "shapes",
    "batches of 1",
    "batches of 2",
    "lines x0.25",
)
"""Pipelines built in every way there is, each played with one page."""


@dataclass(frozen=True)
class Case:
    """One thing to try on both sides."""

    row: str
    """What it is about: a parameter, a kind of input, a way to build a pipeline."""
    value: str
    """What that is given here."""
    pipeline: str
    input: Any = NOTE
    predict: Mapping[str, Any] = field(default_factory=dict)
    closely: bool = False
    """Whether the result is printed, saved and drawn too."""

    @property
    def name(self) -> str:
        """Every case has another one."""
        return f"{self.row} = {self.value} on {self.pipeline!r}"


def cases() -> Iterator[Case]:
    """Yield all cases."""
    yield from _parameters()
    yield from _switches()
    for kind, given in INPUTS.items():
        yield Case("input", kind, "off", given)
        if kind in {"png", "PDF of two pages", "TIFF of two pages", "TIFF of one page", "folder", "array: bgr"}:
            yield Case("input", kind, "on", given)
            yield Case("input", kind, "preprocessor", given)
    for pipeline in CREATED:
        yield Case("create_pipeline", pipeline, pipeline)
    for page in PAGES:
        for pipeline in ("off", "on", "words"):
            yield Case("page", page, pipeline, f"{{pages}}/{page}")
    yield Case("page", "rotated.png", "v5", "{pages}/rotated.png")
    yield from _methods()
    yield from _engines()


def _parameters() -> Iterator[Case]:
    for name, values in VALUES.items():
        for value in values:
            for pipeline in ("off", "strict"):
                yield Case(name, repr(value), pipeline, predict={name: value})
    for side in (100, 320, 960):
        predict = {"text_det_limit_side_len": side, "text_det_limit_type": "max"}
        yield Case("text_det_limit_side_len", f"{side}, 'max'", "off", predict=predict)
    yield Case("text_rec_score_thresh", "1.0, return_word_box", "words", predict={"text_rec_score_thresh": 1.0})
    yield Case("no such parameter", "1", "off", predict={"no_such_parameter": 1})


def _switches() -> Iterator[Case]:
    """Every combination of the switches, on pipelines with every combination of them."""
    for pipeline in ("off", "neither", "orientation", "unwarping", "upright"):
        for orientation in FLAGS:
            for unwarping in FLAGS:
                predict = {"use_doc_orientation_classify": orientation, "use_doc_unwarping": unwarping}
                value = f"{orientation}, {unwarping}"
                row = "use_doc_orientation_classify, use_doc_unwarping"
                yield Case(row, value, pipeline, "{pages}/sideways.png", predict)
    for pipeline in ("preprocessor", "preprocessor off"):
        for orientation in FLAGS:
            for unwarping in FLAGS:
                predict = {"use_doc_orientation_classify": orientation, "use_doc_unwarping": unwarping}
                yield Case("doc_preprocessor", f"{orientation}, {unwarping}", pipeline, predict=predict)
    for pipeline in ("off", "lines", "on"):
        for flag in FLAGS:
            for words in (False, True):
                predict = {"use_textline_orientation": flag, "return_word_box": words}
                value = f"{flag}, return_word_box={words}"
                yield Case("use_textline_orientation", value, pipeline, predict=predict)


def _methods() -> Iterator[Case]:
    """Results that are printed, saved and drawn."""
    kinds = ("png", "jpg", "webp", "suffix in capitals", "TIFF of one page", "PDF of two pages", "array: bgr")
    for kind in kinds:
        yield Case("methods", kind, "off", INPUTS[kind], closely=True)
    for pipeline in ("on", "words", "preprocessor", "orientation"):
        yield Case("methods", "png", pipeline, closely=True)
    for page in ("white.png", "dot.png"):
        yield Case("methods", page, "on", f"{{pages}}/{page}", closely=True)
    yield Case("methods", "PDF of two pages", "on", INPUTS["PDF of two pages"], closely=True)


def _engines() -> Iterator[Case]:
    """Paddle's own format, on Paddle."""
    for page in ("note.png", "english_paragraph.png", "upside_down.png", "white.png"):
        yield Case("engine", page, "paddle", f"{{pages}}/{page}", {"return_word_box": True})
    for page in ("note.png", "sideways.png"):
        yield Case("engine", page, "preprocessor paddle", f"{{pages}}/{page}")
    for page in ("note.png", "rotated.png", "upside_down.png"):
        yield Case("engine", page, "v5 on", f"{{pages}}/{page}", {"return_word_box": True})
