"""The OCR result: PaddleX's keys in PaddleX's order, with the methods to print, save and draw it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ocrzoo.processing.detection import DetectionParams
from ocrzoo.processing.geometry import bounding_boxes
from ocrzoo.results.base import PageResult
from ocrzoo.results.doc_preprocessor import DocPreprocessorResult
from ocrzoo.results.line import RecognizedLine
from ocrzoo.results.line_keys import (
    alternatives_of,
    characters_of,
    counts,
    language_keys,
    order_of,
    script_keys,
    word_keys,
)
from ocrzoo.results.output_files import PageSource
from ocrzoo.results.page_text import TextLine, TextPage
from ocrzoo.types import Image, Quad

if TYPE_CHECKING:
    import PIL.Image

_DET_PARAMS = ("limit_side_len", "limit_type", "thresh", "max_side_limit", "box_thresh", "unclip_ratio")
"""In PaddleX's order."""


@dataclass(frozen=True)
class Structure:
    """What is said of the paragraphs of a page."""

    dehyphenate: bool = False
    """Whether words that are divided at the end of a line are joined."""


class OCRResult(PageResult):
    """One page's result, a dictionary.

    Keys: ``input_path``, ``page_index``, ``model_settings``, ``doc_preprocessor_res`` (if pages are preprocessed),
    ``dt_polys`` (list of 4 x 2 int16), ``dt_scores``, ``text_det_params``, ``text_type``,
    ``textline_orientation_angles`` (1: the line is upside down, or runs up; -1: the stage is off, and the line was
    read as it is), ``text_rec_score_thresh``, ``return_word_box``, ``rec_texts``, ``rec_scores``, ``rec_polys``,
    ``rec_boxes`` (N x 4 int16: x_min, y_min, x_max, y_max), ``rec_languages`` and ``rec_models`` (if languages were
    chosen: the tag of each line's language, ``None`` if no letter belongs to one of them, and the model that read it),
    ``rec_scripts`` (with ``return_scripts``: the ISO 15924 code of each line's script, ``None`` if it has no letters;
    if no languages were chosen, ``rec_languages`` then has the language of scripts that only one language has),
    ``warnings`` (if text was left out, or if the models lack letters of the languages or do not claim them: a sentence
    each), ``text_word_boxes`` and ``text_word`` (with ``return_word_box``; a list a line), ``rec_chars`` (with
    ``return_chars``: for each line a list of ``text``, ``score`` and ``box`` of each character, in the order of the
    text; with ``alternatives``, what else each might be), ``rec_alternatives`` (with ``alternatives``: for each line a
    list of ``text`` and ``probability``, the most probable first), ``reading_order`` (not with
    ``paddlex_quirks``: the indices of the lines of ``rec_texts`` in the order in which a person reads them),
    ``paragraphs`` (with ``return_paragraphs``: in reading order, for each ``kind``, which is ``text``, ``heading`` or
    ``rows`` for cells and fields, its ``text``, its ``lines``, which are indices of ``rec_texts``, ``box``, the
    ``level`` of a heading, and ``goes_on``: whether its text goes on in the next paragraph, in another column),
    ``line_counts`` (not with ``paddlex_quirks``: how many lines were ``detected``, how many of these are
    ``below_score_thresh`` and left out, and how many of the others are ``without_text``), and ``rec_polys_original``
    (if pages are preprocessed). Arrays are in PaddleX's order, :attr:`text` and exports in reading order. Coordinates
    are pixels of the preprocessed page, those of ``rec_polys_original`` of the original page; it is ``None`` if the
    unwarping model does not output where its pixels come from.
    """

    arrays = frozenset(
        {"dt_polys", "dt_scores", "rec_scores", "rec_polys", "reading_order", "textline_orientation_angles"}
    )

    def __init__(
        self,
        keys: dict[str, Any],
        source: PageSource,
        image: Image,
        lines: Sequence[RecognizedLine],
        structure: Structure | None = None,
    ) -> None:
        """``image`` is the preprocessed page, BGR; with ``structure``, the key ``paragraphs`` is added."""
        super().__init__(keys, source)
        self._image = image
        self._lines = lines
        self._structure = structure
        if structure is not None:
            self["paragraphs"] = self._paragraphs()

    @classmethod
    def assemble(
        cls,
        source: PageSource,
        image: Image,
        preprocessed: DocPreprocessorResult | None = None,
        *,
        quads: Sequence[Quad],
        det_scores: Sequence[float],
        det_params: DetectionParams,
        angles: Sequence[int],
        lines: Sequence[RecognizedLine],
        score_thresh: float,
        text_type: str = "general",
        line_orientation: bool = False,
        word_boxes: bool = False,
        characters: bool = False,
        scripts: bool = False,
        alternatives: bool = False,
        paddlex_quirks: bool = False,
        languages: bool = False,
        warnings: Sequence[str] = (),
        structure: Structure | None = None,
    ) -> OCRResult:
        """Build a result from quads and lines in PaddleX's order, without the lines below the threshold.

        ``languages`` adds the keys for languages; ``warnings`` are what of the page was left out. ``structure`` adds
        paragraphs.
        """
        kept = [read for read in lines if read.line.score >= score_thresh]
        read_quads = [read.quad for read in kept]
        params = asdict(det_params)
        keys = {
            "model_settings": {
                "use_doc_preprocessor": preprocessed is not None,
                "use_textline_orientation": line_orientation,
            },
            **({} if preprocessed is None else {"doc_preprocessor_res": preprocessed}),
            "dt_polys": list(quads),
            "dt_scores": list(det_scores),
            "text_det_params": {key: params[key] for key in _DET_PARAMS},
            "text_type": text_type,
            "textline_orientation_angles": list(angles),
            "text_rec_score_thresh": score_thresh,
            "return_word_box": word_boxes,
            "rec_texts": [read.line.text for read in kept],
            "rec_scores": [read.line.score for read in kept],
            "rec_polys": read_quads,
            "rec_boxes": bounding_boxes(read_quads),
            **({} if paddlex_quirks else {"reading_order": order_of(kept), "line_counts": counts(lines, score_thresh)}),
            **(language_keys(kept) if languages else {}),
            **(script_keys(kept, languages=not languages) if scripts else {}),
            **({"warnings": list(warnings)} if warnings else {}),
            **(word_keys(kept, paddlex_quirks=paddlex_quirks) if word_boxes else {}),
            **({"rec_chars": [characters_of(read) for read in kept]} if characters else {}),
            **({"rec_alternatives": [alternatives_of(read) for read in kept]} if alternatives else {}),
            **({} if preprocessed is None else {"rec_polys_original": _original_quads(preprocessed, read_quads)}),
        }
        return cls(keys, source, image, kept, structure)

    def _pixels(self) -> list[Image]:
        return [self._image]

    @property
    def img(self) -> dict[str, PIL.Image.Image]:
        """The pictures: ``ocr_res_img`` (the page with its quads beside a page with what was read).

        With ``return_word_box``, words are drawn instead of lines. ``preprocessed_img`` is added if the page was
        preprocessed.
        """
        from ocrzoo.visualize.drawing import draw

        preprocessed = self.get("doc_preprocessor_res")
        if self["return_word_box"]:
            words = [word for read in self._lines for word in read.words]
            drawn = draw(self._image, [word.polygon for word in words], [word.text for word in words])
        else:
            drawn = draw(self._image, self["rec_polys"], self["rec_texts"])
        return {"ocr_res_img": drawn, **({} if preprocessed is None else preprocessed.img)}

    @property
    def order(self) -> Sequence[int]:
        """The indices of the lines in the order of :attr:`text`: ``reading_order``, or else that of the arrays."""
        found: Sequence[int] = self.get("reading_order", range(len(self._lines)))
        return found

    @property
    def text(self) -> str:
        """The text, a line a line, as ``save_to_txt`` saves it."""
        from ocrzoo.results.exports.txt import to_txt

        return to_txt([self.text_page()]).rstrip("\n")

    def text_page(self, *, original: bool = False) -> TextPage:
        """Return the text with coordinates of the preprocessed page, or of the original one if they are known."""
        preprocessed: DocPreprocessorResult | None = self.get("doc_preprocessor_res")
        scores = "rec_chars" in self
        lines = tuple(self._lines[index].as_text(scores=scores) for index in self.order)
        source = self._source
        page = TextPage(source.label, self._image, lines, source.input_path, source.page_index)
        if self._structure is not None:
            from ocrzoo.results.exports.paragraphs import with_paragraphs

            page = with_paragraphs(page, dehyphenate=self._structure.dehyphenate)
        if preprocessed is None:
            return replace(page, origin=source.origin)
        if not (original and preprocessed.knows_original):
            return page
        lines = tuple(_in_original_page(line, preprocessed) for line in page.lines)
        turned = max(preprocessed["angle"], 0)
        return replace(page, image=preprocessed["input_img"], lines=lines, origin=source.origin, turned=turned)

    def _paragraphs(self) -> list[dict[str, Any]]:
        from ocrzoo.results.exports.paragraphs import text_of

        page = self.text_page()
        order = self.order
        found = []
        for part in page.paragraphs:
            lines = [order[line] for line in part.lines]
            boxes = np.array([self["rec_boxes"][line] for line in lines])
            found.append(
                {
                    "kind": part.kind,
                    **({"level": part.level} if part.level else {}),
                    "text": text_of(page, part),
                    "lines": lines,
                    "box": [*boxes[:, :2].min(axis=0).tolist(), *boxes[:, 2:].max(axis=0).tolist()],
                    **({"goes_on": True} if part.goes_on else {}),
                }
            )
        return found

    def page_for(self, kind: str) -> TextPage:
        """Return the text for an export format: with coordinates of the original page, if they are known.

        A PDF shows an unwarped page as it was unwarped, and a turned page as its file has it, but upright.
        """
        preprocessed: DocPreprocessorResult | None = self.get("doc_preprocessor_res")
        unwarped = preprocessed is not None and preprocessed["model_settings"]["use_doc_unwarping"]
        return self.text_page(original=not (kind == "pdf" and unwarped))

    def save_to_txt(self, save_path: str | Path) -> Path:
        """Save the text, a line a line, and return the path: the file named, or ``<input>_res.txt`` in a folder."""
        return self._export(save_path, "txt")

    def save_to_md(self, save_path: str | Path) -> Path:
        """Save the text as Markdown and return the path: the file named, or ``<input>_res.md`` in a folder."""
        return self._export(save_path, "md")

    def save_to_tsv(self, save_path: str | Path) -> Path:
        """Save lines and words with their boxes as a table (Tesseract's columns) and return the path."""
        return self._export(save_path, "tsv")

    def save_to_hocr(self, save_path: str | Path) -> Path:
        """Save the page as hOCR and return the path: the file named, or ``<input>_res.hocr`` in a folder."""
        return self._export(save_path, "hocr")

    def save_to_alto(self, save_path: str | Path) -> Path:
        """Save the page as ALTO and return the path: the file named, or ``<input>_res.xml`` in a folder."""
        return self._export(save_path, "alto")

    def save_to_pdf(self, save_path: str | Path, *, replace_text: bool = False) -> Path:
        """Save a PDF whose text can be searched and return the path: the file named, or ``<input>_res.pdf``.

        The page of a PDF file gets only the text that it does not have yet; with ``replace_text``, its invisible text
        is removed first.
        """
        return self._export(save_path, "pdf", replace_text=replace_text)

    def _export(self, save_path: str | Path, kind: str, **options: bool) -> Path:
        """Save in a format of :mod:`ocrzoo.results.exports.formats`."""
        from ocrzoo.results.exports import SUFFIXES
        from ocrzoo.results.exports.formats import document

        content = document([self.page_for(kind)], kind, **options)
        return self._write(save_path, "res", SUFFIXES[kind], content)


def _in_original_page(line: TextLine, preprocessed: DocPreprocessorResult) -> TextLine:
    words = tuple(replace(word, polygon=preprocessed.in_original(word.polygon)) for word in line.words)
    return replace(line, polygon=preprocessed.in_original(line.polygon), words=words)


def _original_quads(preprocessed: DocPreprocessorResult, quads: Sequence[Quad]) -> list[NDArray[np.int16]] | None:
    if not preprocessed.knows_original:
        return None
    return [np.rint(preprocessed.in_original(quad)).astype(np.int16) for quad in quads]
