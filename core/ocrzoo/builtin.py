"""The sources, engines, predictors and pipelines of ocrzoo itself, registered by the same hooks as any plugin's."""

from __future__ import annotations

from collections.abc import Iterator

from ocrzoo_registry.plugins.hookspecs import hookimpl
from ocrzoo_registry.plugins.specs import EngineSpec, PipelineSpec, PredictorSpec, SourceSpec
from ocrzoo_registry.settings import Settings

_ARCHIVE = "ocrzoo_registry.sources.references:Archive"
_DIRECTORY = "ocrzoo_registry.sources.references:Directory"
_REGISTRY_ARTIFACT = "ocrzoo_registry.sources.references:RegistryArtifact"
_REPOSITORY = "ocrzoo_registry.sources.references:Repository"
_WHEEL = "ocrzoo_registry.sources.references:Wheel"


@hookimpl
def ocrzoo_sources(settings: Settings) -> Iterator[SourceSpec]:
    """Local sources first, the caches of other programs among them; then a mirror, the hubs in PaddleX's order, pip."""
    yield SourceSpec(
        "directory",
        "ocrzoo_registry.sources.directory:DirectorySource",
        rank=10,
        network=False,
        mutable=True,
        reference=_DIRECTORY,
    )
    yield SourceSpec("wheel", "ocrzoo_registry.sources.wheel:WheelSource", rank=20, network=False, reference=_WHEEL)
    yield SourceSpec(
        "cache",
        "ocrzoo_registry.sources.cache:CacheSource",
        rank=22,
        network=False,
        discoverable=True,
        keeps_copies=True,
    )
    yield SourceSpec(
        "mirror",
        "ocrzoo_registry.mirror.client:MirrorSource",
        rank=25,
        network=settings.mirror is not None and settings.mirror.scheme != "file",
        discoverable=True,
        unavailable_reason="" if settings.mirror else "OCRZOO_MIRROR, the address or folder of a mirror",
    )
    yield SourceSpec("oci", "ocrzoo_registry.sources.oci:OciSource", rank=27, reference=_REGISTRY_ARTIFACT)
    yield SourceSpec(
        "huggingface", "ocrzoo_registry.sources.huggingface:HuggingFaceSource", rank=30, reference=_REPOSITORY
    )
    yield SourceSpec("aistudio", "ocrzoo_registry.sources.aistudio:AIStudioSource", rank=40, reference=_REPOSITORY)
    yield SourceSpec(
        "modelscope", "ocrzoo_registry.sources.modelscope:ModelScopeSource", rank=50, reference=_REPOSITORY
    )
    yield SourceSpec("bos", "ocrzoo_registry.sources.bos:BosSource", rank=60, reference=_ARCHIVE)
    yield SourceSpec(
        "pip",
        "ocrzoo_registry.sources.pip:PipSource",
        rank=70,
        card_key="wheel",
        reference=_WHEEL,
        listing_downloads=True,
        list_timeout_s=930,
    )


@hookimpl
def ocrzoo_engines() -> Iterator[EngineSpec]:
    """The engines, ranked as measured on a CPU with PP-OCRv4 and v5 mobile (docs/performance.md)."""
    yield EngineSpec(
        "openvino",
        "ocrzoo.engines.openvino:OpenVinoEngine",
        formats=("onnx",),
        module="openvino",
        install="ocrzoo[openvino]",
        rank=10,
        also_reads=("inference.pdmodel",),  # not Paddle's newer inference.json
        line_by_line=True,
    )
    yield EngineSpec(
        "onnxruntime",
        "ocrzoo.engines.onnxruntime:OnnxRuntimeEngine",
        formats=("onnx",),
        module="onnxruntime",
        install="ocrzoo[onnxruntime]",
        rank=20,
        distributions=("onnxruntime", "onnxruntime-gpu", "onnxruntime-directml", "onnxruntime-openvino"),
    )
    yield EngineSpec(
        "paddle",
        "ocrzoo.engines.paddle:PaddleEngine",
        formats=("paddle",),
        module="paddle",
        install="ocrzoo[paddle]",
        rank=30,
        accelerated=False,
        distributions=("paddlepaddle", "paddlepaddle-gpu"),
    )


@hookimpl
def ocrzoo_predictors() -> Iterator[PredictorSpec]:
    """One predictor a task."""
    yield PredictorSpec(
        "text_detection",
        "ocrzoo.predictors.detection:TextDetector",
        ("text_detection",),
        postprocess=("DBPostProcess",),
    )
    yield PredictorSpec(
        "text_recognition",
        "ocrzoo.predictors.recognition:TextRecognizer",
        ("text_recognition",),
        requires=("charset",),
        postprocess=("CTCLabelDecode",),
    )


@hookimpl
def ocrzoo_pipelines() -> Iterator[PipelineSpec]:
    """The General OCR pipeline, and the one inside it that sets pages upright."""
    yield PipelineSpec(
        "OCR",
        "ocrzoo.pipelines.ocr:OCRPipeline",
        "ocrzoo.pipelines.config:default_ocr",
        "ocrzoo.pipelines.schema:OCRConfig",
    )
    yield PipelineSpec(
        "doc_preprocessor",
        "ocrzoo.pipelines.doc_preprocessor:DocPreprocessorPipeline",
        "ocrzoo.pipelines.config:default_doc_preprocessor",
        "ocrzoo.pipelines.schema:DocPreprocessorConfig",
    )
