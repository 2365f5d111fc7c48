"""The whole contract between ocrzoo and a plugin: five hooks, each with a plugin that runs as it stands.

A plugin is a distribution with an entry point in the group ``ocrzoo``::

    [project.entry-points.ocrzoo]
    seaside = "ocrzoo_seaside"

The module that it names implements any of the hooks below.
"""

from __future__ import annotations

from collections.abc import Iterable

import pluggy

from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.plugins.specs import EngineSpec, PipelineSpec, PredictorSpec, SourceSpec
from ocrzoo_registry.settings import Settings

ENTRY_POINT_GROUP = "ocrzoo"
"""Distributions announce plugins in this entry-point group."""

hookspec = pluggy.HookspecMarker("ocrzoo")
hookimpl = pluggy.HookimplMarker("ocrzoo")
"""Marks a function as the implementation of the hook whose name it bears."""


class HookSpecs:
    """The hooks. Each is called once, on first need, and may be a generator."""

    @hookspec
    def ocrzoo_model_cards(self) -> Iterable[ModelCard]:
        """Registration model cards.

        **Example:**

        .. code-block:: python

            from pathlib import Path

            from ocrzoo_registry import build_card, hookimpl


            @hookimpl
            def ocrzoo_model_cards():
                card = build_card(
                    {
                        "name": "seaside_det",
                        "family": "seaside",
                        "task": "text_detection",
                        "version": "1",
                        "summary": "Finds text on beach signs.",
                        "license": "Apache-2.0",
                        "artifacts": {"onnx": {"files": [{"path": "inference.onnx"}]}},
                        "sources": {"huggingface": {"onnx": {"repository": "seaside/det"}}},
                        "inference": {"predictor": "text_detection"},
                    },
                    origin=__file__,
                )
                yield card.located_in(Path(__file__).parent)

        Cards that lie in a folder, as YAML files or as the lines of ``*.jsonl``: ``yield from read_cards(folder)``.
        """
        yield from ()

    @hookspec
    def ocrzoo_sources(self, settings: Settings) -> Iterable[SourceSpec]:  # noqa: ARG002  # implementations use it
        """Registration places that weights come from.

        An implementation that offers the same whatever the settings takes no argument.

        **Example:**

        .. code-block:: python

            from contextlib import contextmanager

            from ocrzoo_registry import Listing, Opened, RemoteFile, SourceSpec, hookimpl


            class Shelf:
                def __init__(self, settings):
                    self.files = {"inference.onnx": b"weights"}

                def list(self, card, file_format):
                    if card.name != "seaside_det":
                        return None
                    return Listing("1", tuple(RemoteFile(path) for path in self.files))

                @contextmanager
                def open(self, listing, file, offset=0, validator=None):
                    content = self.files[file.path]
                    yield Opened(iter([content[offset:]]), offset, len(content))


            @hookimpl
            def ocrzoo_sources():
                yield SourceSpec("shelf", factory=f"{__name__}:Shelf", rank=50)
        """
        yield from ()

    @hookspec
    def ocrzoo_predictors(self) -> Iterable[PredictorSpec]:
        """Registration what runs an architecture that core has no pre- and post-processing for.

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
                yield PredictorSpec("mean_colour", factory=f"{__name__}:MeanColour")
        """
        yield from ()

    @hookspec
    def ocrzoo_engines(self) -> Iterable[EngineSpec]:
        """Registration an inference engine.

        **Example:**

        .. code-block:: python

            from ocrzoo_registry import EngineSpec, hookimpl


            class Abacus:
                def load(self, folder, file_format, options):
                    raise NotImplementedError("returns an ocrzoo.engines.base.Session")


            @hookimpl
            def ocrzoo_engines():
                yield EngineSpec(
                    "abacus",
                    factory=f"{__name__}:Abacus",
                    formats=("onnx",),
                    module=__name__,
                    install="ocrzoo-abacus",
                    rank=90,
                )
        """
        yield from ()

    @hookspec
    def ocrzoo_pipelines(self) -> Iterable[PipelineSpec]:
        """Registration an assembly of models.

        **Example:**

        .. code-block:: python

            from ocrzoo_registry import PipelineSpec, hookimpl


            def default_config():
                return {"pipeline_name": "postcard"}


            def build(config, loader):
                raise NotImplementedError("returns an object with predict()")


            @hookimpl
            def ocrzoo_pipelines():
                yield PipelineSpec(
                    "postcard",
                    factory=f"{__name__}:build",
                    config=f"{__name__}:default_config",
                )
        """
        yield from ()
