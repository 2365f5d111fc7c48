"""The pipeline ``doc_preprocessor``: correct a page's orientation, and unwarp it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, TypedDict, Unpack

from ocrzoo.engines.base import Device
from ocrzoo.inputs import Input, Password, pages
from ocrzoo.model_loader import ModelLoader
from ocrzoo.pipelines.engine_config import configured_loader
from ocrzoo.pipelines.executor import OnError, Reading, run_pages, run_pages_async
from ocrzoo.pipelines.lazy_model import LazyModel, load_optional
from ocrzoo.pipelines.predict_params import PreprocessingParams, check_names, preprocessing_params
from ocrzoo.pipelines.schema import DocPreprocessorConfig
from ocrzoo.predictors.base import ImageClassifier, Unwarper
from ocrzoo.processing import rotation
from ocrzoo.results.doc_preprocessor import DocPreprocessorResult
from ocrzoo.results.output_files import PageSource
from ocrzoo.scheduling.slots import Slots
from ocrzoo.types import Image
from ocrzoo_registry.errors import IntegrityError

ANGLES = ("0", "90", "180", "270")


class PreprocessingOptions(TypedDict, total=False):
    """The arguments of :meth:`DocPreprocessorPipeline.predict` besides the input, for type checkers."""

    use_doc_orientation_classify: bool | None
    use_doc_unwarping: bool | None
    device: str | None
    password: Password
    on_error: OnError | None


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
        self._at_once = loader.pages_at_once
        places = self._at_once * len(self.devices)
        self._places = Slots(lambda: places)  # without self: a cycle would keep the networks until a collection
        self._classifier: LazyModel[ImageClassifier] = LazyModel(
            "DocOrientationClassify",
            modules.DocOrientationClassify,
            loader,
            switch="use_doc_orientation_classify",
        )
        self._unwarper: LazyModel[Unwarper] = LazyModel(
            "DocUnwarping", modules.DocUnwarping, loader, switch="use_doc_unwarping"
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
        """Preprocess pages; results come as soon as they are there, in the order of the pages.

        ``None`` means the pipeline's own setting. A page that cannot be read is handed to ``on_error`` and the
        next one is read; without ``on_error``, the error is raised after the last page. ``password`` opens encrypted
        PDFs; of several, each is tried.

        Raises:
            InputError: Pages could not be read (after all the others were).
            UsageError: A parameter makes no sense.
            OcrzooError: A model cannot be downloaded or loaded.
        """
        return run_pages(
            *self._reading(
                input,
                use_doc_orientation_classify=use_doc_orientation_classify,
                use_doc_unwarping=use_doc_unwarping,
                device=device,
                password=password,
                on_error=on_error,
            )
        )

    def predict_async(
        self, input: Input, **options: Unpack[PreprocessingOptions]
    ) -> AsyncGenerator[DocPreprocessorResult, None]:
        """Preprocess pages for ``async for``, with the arguments of :meth:`predict`; the event loop goes on meanwhile.

        Cancelling the task, or leaving the loop, stops the work. ``on_error`` is called in the event loop.

        Raises:
            InputError: Pages could not be read (after all the others were).
            UsageError: A parameter makes no sense.
            OcrzooError: A model cannot be downloaded or loaded.
        """
        check_names("predict_async", options, PreprocessingOptions)
        return run_pages_async(*self._reading(input, **options))

    def _reading(self, input: Input, **given: Unpack[PreprocessingOptions]) -> Reading[DocPreprocessorResult]:
        """What is read how: the arguments of ``run_pages``."""
        device = given.get("device")
        params = preprocessing_params(
            self.config, given.get("use_doc_orientation_classify"), given.get("use_doc_unwarping")
        )
        devices = self.devices if device is None else Device.parse_all(device)
        found = pages(input, self.config.input_options, password=given.get("password"))
        workers = [partial(self._read, params, one) for _ in range(self._at_once) for one in devices]
        return found, workers, given.get("on_error"), self._places

    @property
    def models(self) -> tuple[LazyModel[Any], ...]:
        """The models of all steps, whether they are loaded or not."""
        return self._classifier, self._unwarper

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
