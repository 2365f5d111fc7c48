"""The OCR result: PaddleX's keys in PaddleX's order, with the methods to print, save and draw it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ocrzoo.results.saving import target_path, write
from ocrzoo.tasks.detection import DetectionParams
from ocrzoo.tasks.quads import Image, Quad, bounding_boxes
from ocrzoo.tasks.recognition import Line
from ocrzoo_registry.errors import UsageError

if TYPE_CHECKING:
    import PIL.Image

_DET_PARAMS = ("limit_side_len", "limit_type", "thresh", "max_side_limit", "box_thresh", "unclip_ratio")
"""In PaddleX's order."""

_ARRAYS = ("dt_polys", "dt_scores", "rec_scores", "rec_polys", "textline_orientation_angles")
"""Printed as arrays, the middle left out, where PaddleX prints them so."""

_PICTURES = frozenset([".bmp", ".dib", ".jpeg", ".jpg", ".png", ".webp", ".pgm", ".ppm", ".pnm", ".tiff", ".tif"])
"""Inputs of these kinds get pictures of their own kind, all others PNG."""

_MOST_PIXELS_A_SIDE = 16383
"""Pictures with a longer side are saved as PNG; WebP holds no more."""


class OCRResult(dict[str, Any]):
    """One page's result, a dictionary.

    Keys: ``input_path``, ``page_index``, ``model_settings``, ``dt_polys`` (list of 4 x 2 int16),
    ``dt_scores``, ``text_det_params``, ``text_type``, ``textline_orientation_angles`` (-1: not asked),
    ``text_rec_score_thresh``, ``return_word_box``, ``rec_texts``, ``rec_scores``, ``rec_polys`` and
    ``rec_boxes`` (N x 4 int16: x_min, y_min, x_max, y_max). Coordinates are pixels of the page.
    """

    def __init__(self, keys: dict[str, Any], image: Image, name: str) -> None:
        """``image`` is the page, BGR; ``name`` is what files are named after."""
        super().__init__(keys)
        self._image = image
        self._name = name

    @classmethod
    def assemble(
        cls,
        *,
        input_path: str | None,
        page_index: int | None,
        image: Image,
        name: str,
        quads: Sequence[Quad],
        det_scores: Sequence[float],
        lines: Sequence[Line],
        det_params: DetectionParams,
        score_thresh: float,
        text_type: str,
    ) -> OCRResult:
        """Put a result together from quads and lines in reading order; lines below the threshold are left out."""
        kept = [i for i, line in enumerate(lines) if line.score >= score_thresh]
        read = [quads[i] for i in kept]
        params = asdict(det_params)
        keys = {
            "input_path": input_path,
            "page_index": page_index,
            "model_settings": {"use_doc_preprocessor": False, "use_textline_orientation": False},
            "dt_polys": list(quads),
            "dt_scores": list(det_scores),
            "text_det_params": {key: params[key] for key in _DET_PARAMS},
            "text_type": text_type,
            "textline_orientation_angles": [-1] * len(quads),
            "text_rec_score_thresh": score_thresh,
            "return_word_box": False,
            "rec_texts": [lines[i].text for i in kept],
            "rec_scores": [lines[i].score for i in kept],
            "rec_polys": read,
            "rec_boxes": bounding_boxes(read),
        }
        return cls(keys, image, name)

    @property
    def json(self) -> dict[str, Any]:
        """The result as plain data under the key ``res``: lists in place of arrays."""
        return {"res": _plain(dict(self))}

    @property
    def img(self) -> dict[str, PIL.Image.Image]:
        """The picture ``ocr_res_img``: the page with its quads beside a page with what was read."""
        from ocrzoo.results.drawing import draw

        return {"ocr_res_img": draw(self._image, self["rec_polys"], self["rec_texts"])}

    def print(self, format_json: bool = True, indent: int | None = 4, ensure_ascii: bool = False) -> None:
        """Print the result to standard output, as JSON or as Python writes a dictionary."""
        if format_json:
            print(to_json(self.json, indent, ensure_ascii))
        else:
            arrays = {key: np.array(value) if key in _ARRAYS else value for key, value in self.items()}
            with np.printoptions(threshold=1, edgeitems=1):
                print({"res": arrays})

    def save_to_json(self, save_path: str | Path, indent: int | None = 4, ensure_ascii: bool = False) -> Path:
        """Save ``json["res"]`` and return the path: the file named, or ``<input>_res.json`` in a folder."""
        path = target_path(save_path, f"{self._label}_res", ".json")
        text = to_json(self.json["res"], indent, ensure_ascii) + "\n"
        return write(path, text.encode("utf-8"))

    def save_to_img(self, save_path: str | Path) -> Path:
        """Save ``img`` and return the path: the file named, or ``<input>_ocr_res_img.<its suffix>`` in a folder."""
        import io

        from PIL import Image as PillowImage

        known = PillowImage.registered_extensions().items()
        suffixes = {suffix: kind for suffix, kind in known if kind in PillowImage.SAVE}
        own = Path(self["input_path"] or "").suffix.lower()
        fits = own in _PICTURES and own in suffixes and 2 * max(self._image.shape) <= _MOST_PIXELS_A_SIDE
        path = target_path(save_path, f"{self._label}_ocr_res_img", own if fits else ".png", suffixes)
        content = io.BytesIO()
        try:
            self.img["ocr_res_img"].save(content, format=suffixes[path.suffix.lower()])
        except (OSError, ValueError) as error:
            raise UsageError(f"{path}: cannot be written: {error}") from error
        return write(path, content.getvalue())

    @property
    def _label(self) -> str:
        return self._name if self["page_index"] is None else f"{self._name}_{self['page_index']}"


def to_json(value: object, indent: int | None = None, ensure_ascii: bool = False) -> str:
    """Return JSON that every reader takes: no NaN, and bytes of a file's name that are no text as escapes."""
    text = json.dumps(value, indent=indent, ensure_ascii=ensure_ascii, allow_nan=False)
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _plain(value: Any) -> Any:
    """Turn arrays and NumPy numbers into what JSON knows."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, np.ndarray):
        array: NDArray[Any] = value
        return array.tolist()
    return value.item() if isinstance(value, np.generic) else value
