"""The result of setting a page upright."""

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
    """One page set upright and flattened, a dictionary.

    Keys: ``input_path``, ``page_index``, ``model_settings``, ``angle`` (0, 90, 180 or 270 degrees that the page
    was turned counter-clockwise; -1: not asked), and the pictures ``input_img``, ``rot_img`` and ``output_img``
    (H x W x 3, uint8, BGR), which stand in no JSON.
    """

    pictures = frozenset({"input_img", "rot_img", "output_img"})

    def __init__(self, keys: dict[str, Any], source: PageSource, origin: NDArray[np.float32] | None) -> None:
        """``origin`` says where each pixel of the flattened page was before (see :class:`Unwarped`)."""
        super().__init__(keys, source)
        self._origin = origin

    @property
    def img(self) -> dict[str, PIL.Image.Image]:
        """The picture ``preprocessed_img``: the page as it came, turned, and flattened, side by side."""
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
        """Whether it is known where each point was in the page as it came."""
        return self._origin is not None or not self["model_settings"]["use_doc_unwarping"]

    def in_original(self, points: NDArray[Any]) -> NDArray[np.float32]:
        """Return where points (N x 2, x and y) of ``output_img`` were in the page as it came, float32.

        Where that is not known (see :attr:`knows_original`), as if the page had only been turned.
        """
        page: Image = self["input_img"]
        turned = points.astype(np.float32)
        if self._origin is not None:
            turned = rotation.through(self._origin, turned, edges=True)
        return rotation.undo_rotation(turned, max(self["angle"], 0), page.shape[0], page.shape[1], edges=True)
