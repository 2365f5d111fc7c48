"""The results of single models, with PaddleX's keys: text detection and recognition, classification, unwarping."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocrzoo.results.base import PageResult

if TYPE_CHECKING:
    import PIL.Image


class ModelResult(PageResult):
    """One image's result, a dictionary: ``input_path``, ``page_index``, ``input_img`` (BGR; not in JSON), ``result``.

    ``result`` is what the predictor of a plugin returned; the other classes have PaddleX's keys in its place.
    """

    pictures = frozenset({"input_img"})

    @property
    def img(self) -> dict[str, PIL.Image.Image]:
        """Nothing: it is not known how to draw such a result."""
        return {}


class TextDetResult(ModelResult):
    """Text detection: ``dt_polys`` (list of 4 x 2 int16 pixels) and ``dt_scores``."""

    arrays = frozenset({"dt_polys", "dt_scores"})

    @property
    def img(self) -> dict[str, PIL.Image.Image]:
        """The picture ``res``: the page with its quads."""
        from ocrzoo.visualize.drawing import outlined

        return {"res": outlined(self["input_img"], self["dt_polys"])}


class TextRecResult(ModelResult):
    """Text recognition: ``rec_text`` and ``rec_score``."""

    @property
    def text(self) -> str:
        """The text, as a page's result has it."""
        return str(self["rec_text"])

    @property
    def img(self) -> dict[str, PIL.Image.Image]:
        """The picture ``res``: the line, with text and score below it."""
        from ocrzoo.visualize.drawing import captioned

        return {"res": captioned(self["input_img"], f"{self['rec_text']} ({self['rec_score']:.4f})")}


class TopkResult(ModelResult):
    """Classification: ``class_ids``, ``scores`` and ``label_names``, the best class."""

    @property
    def img(self) -> dict[str, PIL.Image.Image]:
        """The picture ``res``: the image, with label and score below it."""
        from ocrzoo.visualize.drawing import captioned

        return {"res": captioned(self["input_img"], f"{self['label_names'][0]} {self['scores'][0]:.2f}")}


class DocTrResult(ModelResult):
    """Unwarping: ``doctr_img`` (H x W x 3, uint8, RGB as in PaddleX; not in JSON)."""

    pictures = frozenset({"input_img", "doctr_img"})

    @property
    def img(self) -> dict[str, PIL.Image.Image]:
        """The picture ``res``: the flat page."""
        from PIL import Image as PillowImage

        return {"res": PillowImage.fromarray(self["doctr_img"])}
