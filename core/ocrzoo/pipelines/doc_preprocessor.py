"""The pipeline ``doc_preprocessor``: correct a page's orientation, and unwarp it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from ocrzoo.engines.base import Device
from ocrzoo.inputs import Input, Password, pages
from ocrzoo.model_loader import ModelLoader
from ocrzoo.pipelines.engine_config import configured_loader
from ocrzoo.pipelines.executor import OnError, run_pages
from ocrzoo.pipelines.lazy_model import LazyModel, load_optional
from ocrzoo.pipelines.predict_params import PreprocessingParams, preprocessing_params
from ocrzoo.pipelines.schema import DocPreprocessorConfig
from ocrzoo.predictors.base import ImageClassifier, Unwarper
from ocrzoo.processing import rotation
from ocrzoo.results.doc_preprocessor import DocPreprocessorResult
from ocrzoo.results.output_files import PageSource
from ocrzoo.types import Image
from ocrzoo_registry.errors import IntegrityError

ANGLES = ("0", "90", "180", "270")


@dataclass(frozen=True)
class PreprocessorModels:
    """The loaded models of a device; ``None`` where a step is off."""

    classifier: ImageClassifier | None
    unwarper: Unwarper | None


class DocPreprocessorPipeline:
    """Corrects the orientation of pages and unwarps them.

    Models are loaded when the first page needs them; several threads may call ``predict``.
    """

    def __init__(self, config: DocPreprocessorConfig, loader: ModelLoader) -> None:
        """``config`` says which models run, ``loader`` where and with which engine.

        Raises:
            UnknownModel: No card has the name of a model.
            UsageError: A model does another task, or engine settings make no sense.
        """
        loader = configured_loader(loader, config)
        modules = config.SubModules
        self.config = config
        self.devices = loader.pages_on
        self._classifier: LazyModel[ImageClassifier] = LazyModel(
            "DocOrientationClassify",
            modules.DocOrientationClassify,
            loader,
            ImageClassifier,
            switch="use_doc_orientation_classify",
        )
        self._unwarper: LazyModel[Unwarper] = LazyModel(
            "DocUnwarping", modules.DocUnwarping, loader, Unwarper, switch="use_doc_unwarping"
        )

    def predict(
        self,
        input: Input,
        use_doc_orientation_classify: bool | None = None,
        use_doc_unwarping: bool | None = None,
        *,
        device: str | None = None,
        password: Password = None,
        on_error: OnError | None = None,
    ) -> Iterator[DocPreprocessorResult]:
        """Preprocess pages one by one; results come as soon as they are there, in the order of the pages.

        ``None`` means the pipeline's own setting. A page that cannot be read is handed to ``on_error`` and the
        next one is read; without ``on_error``, the error is raised after the last page. ``password`` opens encrypted
        PDFs; of several, each is tried.

        Raises:
            InputError: Pages could not be read (after all the others were).
            UsageError: A parameter makes no sense.
            OcrzooError: A model cannot be downloaded or loaded.
        """
        params = preprocessing_params(self.config, use_doc_orientation_classify, use_doc_unwarping)
        devices = self.devices if device is None else Device.parse_all(device)
        found = pages(input, self.config.input_options, password=password)
        return run_pages(found, [partial(self._read, params, one) for one in devices], on_error)

    def stages(self, params: PreprocessingParams) -> list[LazyModel[Any]]:
        """Return the models of the steps that are on."""
        return [self._classifier] * params.orientation + [self._unwarper] * params.unwarping

    def load(self, params: PreprocessingParams, device: Device) -> PreprocessorModels:
        """Download and load the models of the steps that are on, and return them.

        Raises:
            OcrzooError: A model cannot be downloaded or loaded.
        """
        load_optional(self.stages(params), device)
        return PreprocessorModels(
            self._classifier.on(device) if params.orientation else None,
            self._unwarper.on(device) if params.unwarping else None,
        )

    def _read(
        self, params: PreprocessingParams, device: Device, source: PageSource, image: Image
    ) -> DocPreprocessorResult:
        return self.preprocess(source, image, self.load(params, device))

    def preprocess(self, source: PageSource, image: Image, models: PreprocessorModels) -> DocPreprocessorResult:
        """Preprocess one page (H x W x 3, uint8, BGR).

        Raises:
            OcrzooError: A model cannot run on it.
        """
        quirks = self.config.paddlex_quirks
        angle = -1 if models.classifier is None else _angle(image, models.classifier)
        turned = rotation.rotate(image, max(angle, 0), exact_as_paddlex=quirks)
        output, origin = turned, None
        if models.unwarper is not None:
            unwarped = models.unwarper.predict([turned], wrap=quirks)[0]
            output, origin = unwarped.image, unwarped.origin
        keys = {
            "input_img": image,
            "model_settings": {
                "use_doc_orientation_classify": models.classifier is not None,
                "use_doc_unwarping": models.unwarper is not None,
            },
            "angle": angle,
            "rot_img": turned,
            "output_img": output,
        }
        return DocPreprocessorResult(keys, source, origin)


def _angle(image: Image, classifier: ImageClassifier) -> int:
    label = classifier.predict([image])[0].label
    if label not in ANGLES:
        raise IntegrityError(f"the orientation model says {label!r}, and not one of {', '.join(ANGLES)}")
    return int(label)
