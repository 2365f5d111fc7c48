"""The result of preprocessing a page: orientation corrected, and unwarped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ocrzoo.processing import rotation
from ocrzoo.results.base import PageResult
from ocrzoo.results.output_files import PageSource
from ocrzoo.types import Image

if TYPE_CHECKING:
    import PIL.Image


class DocPreprocessorResult(PageResult):
    """One preprocessed page, a dictionary.

    Keys: ``input_path``, ``page_index``, ``model_settings``, ``angle`` (the degrees, 0, 90, 180 or 270, that the page
    was rotated counter-clockwise; -1 if that is off), and the pictures ``input_img``, ``rot_img`` and ``output_img``
    (H x W x 3, uint8, BGR), which JSON leaves out.
    """

    pictures = frozenset({"input_img", "rot_img", "output_img"})

    def __init__(self, keys: dict[str, Any], source: PageSource, origin: NDArray[np.float32] | None) -> None:
        """``origin`` is the source of each pixel of the unwarped page (see :class:`Unwarped`)."""
        super().__init__(keys, source)
        self._origin = origin

    @property
    def img(self) -> dict[str, PIL.Image.Image]:
        """The picture ``preprocessed_img``: the original, rotated and unwarped page, side by side."""
        from ocrzoo.visualize.drawing import preprocessed

        settings = self["model_settings"]
        picture = preprocessed(
            self["input_img"],
            self["rot_img"],
            self["output_img"],
            angle=self["angle"],
            use_orientation=settings["use_doc_orientation_classify"],
            use_unwarping=settings["use_doc_unwarping"],
        )
        return {"preprocessed_img": picture}

    @property
    def knows_original(self) -> bool:
        """Whether points can be mapped to the original page."""
        return self._origin is not None or not self["model_settings"]["use_doc_unwarping"]

    def in_original(self, points: NDArray[Any]) -> NDArray[np.float32]:
        """Map points (N x 2, x and y) of ``output_img`` to the original page, float32.

        If that is not possible (see :attr:`knows_original`), only the rotation is undone.
        """
        page: Image = self["input_img"]
        turned = points.astype(np.float32)
        if self._origin is not None:
            turned = rotation.undo_unwarping(self._origin, turned, edges=True)
        return rotation.undo_rotation(turned, max(self["angle"], 0), page.shape[0], page.shape[1], edges=True)
