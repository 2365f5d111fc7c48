"""The pipeline ``doc_preprocessor``: tells how a page is turned, sets it upright, and flattens it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ocrzoo.inputs import Input, pages
from ocrzoo.model_loader import ModelLoader
from ocrzoo.pipelines.engine_config import configured_loader
from ocrzoo.pipelines.executor import OnError, page_by_page
from ocrzoo.pipelines.model_cache import Modules
from ocrzoo.pipelines.predict_params import Asked, switch
from ocrzoo.pipelines.schema import DocPreprocessorConfig, Module
from ocrzoo.predictors.base import ImageClassifier, Unwarper
from ocrzoo.processing import rotation
from ocrzoo.results.doc_preprocessor import DocPreprocessorResult
from ocrzoo.results.output_files import PageSource
from ocrzoo.types import Image
from ocrzoo_registry.errors import IntegrityError, UsageError

ANGLES = ("0", "90", "180", "270")


class DocPreprocessorPipeline:
    """Sets pages upright. Models are loaded when the first page needs them; several threads may call ``predict``."""

    def __init__(self, config: DocPreprocessorConfig, loader: ModelLoader) -> None:
        self.config = config
        self._modules = Modules(configured_loader(loader, config))

    def predict(
        self,
        input: Input,
        use_doc_orientation_classify: bool | None = None,
        use_doc_unwarping: bool | None = None,
        *,
        device: str | None = None,
        on_error: OnError | None = None,
    ) -> Iterator[DocPreprocessorResult]:
        """Set pages upright one by one; results come as soon as they are there, in the order of the pages.

        ``None`` means the pipeline's own setting. A page that cannot be read is handed to ``on_error`` and the
        next one is read; without ``on_error``, the error is raised after the last page.

        Raises:
            InputError: Pages could not be read (after all the others were).
            UsageError: A parameter makes no sense.
            OcrzooError: A model cannot be had or loaded.
        """
        orientation = switch("use_doc_orientation_classify", use_doc_orientation_classify)
        unwarping = switch("use_doc_unwarping", use_doc_unwarping)
        asked = Asked(
            self.config.use_doc_orientation_classify if orientation is None else orientation,
            self.config.use_doc_unwarping if unwarping is None else unwarping,
        )
        lanes = [replace(asked, device=one) for one in self._modules.devices(device)]
        return page_by_page(
            pages(input), lanes, lambda source, image, lane: self.prepare(image, lane, source), on_error
        )

    def load(self, asked: Asked) -> None:
        """Fetch and load the models that are asked for.

        Raises:
            OcrzooError: A model cannot be had or loaded.
        """
        if asked.orientation:
            self._classifier(asked)
        if asked.unwarping:
            self._unwarper(asked)

    def prepare(self, image: Image, asked: Asked, source: PageSource) -> DocPreprocessorResult:
        """Set one page (H x W x 3, uint8, BGR) upright.

        Raises:
            OcrzooError: A model cannot be had, loaded or run.
        """
        angle = self._angle(image, asked) if asked.orientation else -1
        turned = rotation.rotate(image, max(angle, 0), exact_as_paddlex=self.config.paddlex_quirks)
        output, origin = self._flatten(turned, asked) if asked.unwarping else (turned, None)
        keys = {
            "input_path": source.input_path,
            "page_index": source.page_index,
            "input_img": image,
            "model_settings": {
                "use_doc_orientation_classify": asked.orientation,
                "use_doc_unwarping": asked.unwarping,
            },
            "angle": angle,
            "rot_img": turned,
            "output_img": output,
        }
        return DocPreprocessorResult(keys, source, origin)

    def _angle(self, image: Image, asked: Asked) -> int:
        classifier = self._classifier(asked)
        label = classifier.predict([image])[0].label
        if label not in ANGLES:
            raise IntegrityError(f"the orientation model says {label!r}, and not one of {', '.join(ANGLES)}")
        return int(label)

    def _flatten(self, image: Image, asked: Asked) -> tuple[Image, NDArray[np.float32] | None]:
        unwarped = self._unwarper(asked).predict([image], wrap=self.config.paddlex_quirks)[0]
        return unwarped.image, unwarped.origin

    def _classifier(self, asked: Asked) -> ImageClassifier:
        settings = _given(self.config.SubModules.DocOrientationClassify, "DocOrientationClassify")
        return self._modules.get(settings, ImageClassifier, asked.device, "use_doc_orientation_classify")  # type: ignore[type-abstract]

    def _unwarper(self, asked: Asked) -> Unwarper:
        settings = _given(self.config.SubModules.DocUnwarping, "DocUnwarping")
        return self._modules.get(settings, Unwarper, asked.device, "use_doc_unwarping")  # type: ignore[type-abstract]


def _given(settings: Module | None, module: str) -> Module:
    if settings is None:
        raise UsageError(f"the configuration has no module {module}: add it, or switch its stage off")
    return settings
