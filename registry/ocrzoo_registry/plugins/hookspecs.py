"""The contract between ocrzoo and plugins: six hooks, each with an example plugin that runs unchanged.

A plugin is a distribution with an entry point in the group ``ocrzoo``::

    [project.entry-points.ocrzoo]
    seaside = "ocrzoo_seaside"

That module implements any of the hooks below.
"""

from __future__ import annotations

from collections.abc import Iterable

import pluggy

from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.plugins.specs import EngineSpec, FormatSpec, PipelineSpec, PredictorSpec, SourceSpec
from ocrzoo_registry.settings import Settings

ENTRY_POINT_GROUP = "ocrzoo"
"""The entry-point group of plugins."""

hookspec = pluggy.HookspecMarker("ocrzoo")
hookimpl = pluggy.HookimplMarker("ocrzoo")
"""Decorates a function that implements the hook of the same name."""


class HookSpecs:
    """The hooks. Each is called at most once, when it is first needed, and may be a generator.

    A value that is not valid is left out alone; a hook that raises registers nothing.
    """

    @hookspec
    def ocrzoo_model_cards(self) -> Iterable[ModelCard]:
        """Register model cards.

        **Example:**

        .. code-block:: python

            from pathlib import Path

            from ocrzoo_registry import build_card, hookimpl


            @hookimpl
            def ocrzoo_model_cards():
                yield build_card(
                    {
                        "name": "seaside_det",
                        "family": "seaside",
                        "task": "text_detection",
                        "version": "1",
                        "summary": "Finds text on beach signs.",
                        "license": "Apache-2.0",
                        "artifacts": {"onnx": {"files": [{"path": "inference.onnx"}]}},
                        "sources": {
                            "huggingface": {"onnx": {"repository": "seaside/det"}},
                            "shelf": {"onnx": {"box": "det"}},
                        },
                        "inference": {"predictor": "text_detection"},
                    },
                    origin=__file__,
                    folder=Path(__file__).parent,
                )

        For cards in a folder, as ``*.yaml`` or lines of ``*.jsonl``: ``yield from read_cards(folder)``. The task is
        one that the predictor declares; keys under ``sources`` are the sources' names. A faulty card costs only itself:
        ``ocrzoo plugins list`` has its file, key and reason.
        """
        yield from ()

    @hookspec
    def ocrzoo_sources(self, settings: Settings) -> Iterable[SourceSpec]:  # noqa: ARG002  # implementations use it
        """Register sources of weights.

        An implementation may take ``settings``; ``settings.environ`` has the variables of the environment. Cards
        name the source by ``sources: {shelf: {onnx: {box: det}}}``, checked by the model named in ``reference``.

        **Example:**

        .. code-block:: python

            from contextlib import contextmanager

            from pydantic import BaseModel

            from ocrzoo_registry import Listing, Stream, RemoteFile, SourceSpec, hookimpl, read_reference


            class Box(BaseModel, extra="forbid"):
                box: str


            class Shelf:
                def __init__(self, settings):
                    self.boxes = {"det": {"inference.onnx": b"weights"}}

                def list(self, card, file_format):
                    place = read_reference(card, "shelf", file_format, Box)
                    if place is None or place.box not in self.boxes:
                        return None
                    return Listing(place.box, tuple(RemoteFile(path) for path in self.boxes[place.box]))

                @contextmanager
                def open(self, listing, file, offset=0, validator=None):
                    content = self.boxes[listing.revision][file.path]
                    yield Stream(iter([content[offset:]]), offset, len(content))


            @hookimpl
            def ocrzoo_sources():
                yield SourceSpec("shelf", factory=f"{__name__}:Shelf", rank=50, reference=f"{__name__}:Box")
        """
        yield from ()

    @hookspec
    def ocrzoo_formats(self) -> Iterable[FormatSpec]:
        """Register model formats, for an engine that reads them.

        Models are stored in ``<model>_<format>/`` and are complete with any of the sets of files.

        **Example:**

        .. code-block:: python

            from ocrzoo_registry import FormatSpec, hookimpl


            @hookimpl
            def ocrzoo_formats():
                yield FormatSpec("tflite", files=(frozenset({"model.tflite"}),))
        """
        yield from ()

    @hookspec
    def ocrzoo_predictors(self) -> Iterable[PredictorSpec]:
        """Register predictors: pre- and post-processing for a task or an architecture.

        A task exists once a predictor declares it: a new name in ``tasks`` is a new task.

        **Example:**

        .. code-block:: python

            from ocrzoo_registry import PredictorSpec, hookimpl


            class MeanColour:
                def __init__(self, card, model_config, session):
                    self.session = session

                def predict(self, images):
                    return [image.mean(axis=(0, 1)) for image in images]


            @hookimpl
            def ocrzoo_predictors():
                yield PredictorSpec("mean_colour", factory=f"{__name__}:MeanColour", tasks=("mean_colour",))
        """
        yield from ()

    @hookspec
    def ocrzoo_engines(self) -> Iterable[EngineSpec]:
        """Register inference engines.

        An engine loads the model in a folder, and returns a session that any number of threads may call (the protocols
        are ``ocrzoo.Engine`` and ``ocrzoo.Session``). Engines are tried by ascending ``rank``; this one is behind all
        others, and runs what ``--engine one_thread`` asks it to.

        **Example:**

        .. code-block:: python

            from ocrzoo_registry import EngineSpec, hookimpl


            class Session:
                def __init__(self, network):
                    from ocrzoo import TensorSpec

                    self.network = network
                    (one,) = network.get_inputs()
                    shape = tuple(size if isinstance(size, int) else None for size in one.shape)
                    self.inputs = (TensorSpec(one.name, shape, "float32"),)

                def run(self, batch):
                    return self.network.run(None, {self.inputs[0].name: batch})[0]


            class OneThread:
                def load(self, folder, file_format, options):
                    import onnxruntime

                    settings = onnxruntime.SessionOptions()
                    settings.intra_op_num_threads = 1
                    path = folder / "inference.onnx"
                    return Session(onnxruntime.InferenceSession(path, settings, providers=["CPUExecutionProvider"]))


            @hookimpl
            def ocrzoo_engines():
                yield EngineSpec(
                    "one_thread",
                    factory=f"{__name__}:OneThread",
                    formats=("onnx",),
                    module="onnxruntime",
                    install="onnxruntime",
                    rank=90,
                )
        """
        yield from ()

    @hookspec
    def ocrzoo_pipelines(self) -> Iterable[PipelineSpec]:
        """Register pipelines.

        ``create_pipeline("postcard")`` and ``ocrzoo --pipeline postcard`` build it from its configuration, which a YAML
        file may replace. ``loader`` loads models by name and task. What ``predict`` yields is a result; for the command
        to print or save it, it needs the methods of ``ocrzoo.OCRResult``.

        **Example:**

        .. code-block:: python

            from ocrzoo_registry import PipelineSpec, hookimpl


            def default_config():
                return {"pipeline_name": "postcard", "model_name": "PP-OCRv5_mobile_rec"}


            class Postcard:
                def __init__(self, config, loader):
                    self.recognizer = loader.predictor(config["model_name"], "text_recognition")

                def predict(self, images):
                    for line in self.recognizer.predict(images):
                        yield {"address": line.text, "score": line.score}


            @hookimpl
            def ocrzoo_pipelines():
                yield PipelineSpec(
                    "postcard",
                    factory=f"{__name__}:Postcard",
                    config=f"{__name__}:default_config",
                )
        """
        yield from ()
