"""``create_pipeline``: build a pipeline from arguments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypedDict, Unpack, overload

from ocrzoo.engines.base import Device, EngineOptions
from ocrzoo.guards import blamed_on, guard_pipeline
from ocrzoo.inputs import Password
from ocrzoo.memory.ceiling import Ceiling
from ocrzoo.model_loader import ModelLoader
from ocrzoo.pipelines.config import Configuration
from ocrzoo.pipelines.modules import MODULES
from ocrzoo.precision.wanted import DEFAULT, Wanted
from ocrzoo.types import Batching, Frames, Precision
from ocrzoo_registry.errors import UsageError
from ocrzoo_registry.languages.ranking import Preference
from ocrzoo_registry.languages.tags import Language
from ocrzoo_registry.names import did_you_mean
from ocrzoo_registry.plugins.registrations import OFFICIAL
from ocrzoo_registry.plugins.specs import load_attribute
from ocrzoo_registry.zoo import Zoo

if TYPE_CHECKING:
    from ocrzoo.pipelines.doc_preprocessor import DocPreprocessorPipeline
    from ocrzoo.pipelines.ocr import OCRPipeline
    from ocrzoo.results.ocr import OCRResult

_WHAT = ("name", "dir")

OPTIONAL_STAGES = ("use_doc_orientation_classify", "use_doc_unwarping", "use_textline_orientation")
"""Switches of the stages that ``read`` and ``ocrzoo ocr`` leave off: they take time, unwarping harms a flat page, and
the extra ``bundled`` has no weights for them."""


class Options(TypedDict, total=False):
    """The keyword arguments of :func:`create_pipeline`, for type checkers."""

    config: Mapping[str, Any] | None
    device: str | None
    use_hpip: bool | None
    hpi_config: Mapping[str, Any] | None
    lang: str | Sequence[str | Language] | None
    prefer: Preference
    accept_missing: bool
    engine: str | None
    engine_config: Mapping[str, Any] | None
    threads: int
    precision: Precision | Literal["fp32", "bf16", "fp16"] | None
    batching: Batching | None
    paddlex_quirks: bool | None
    frames: Frames | None
    memory: str | int | None
    use_doc_orientation_classify: bool | None
    use_doc_unwarping: bool | None
    use_textline_orientation: bool | None
    zoo: Zoo | None
    doc_orientation_classify_model_name: str | None
    doc_orientation_classify_model_dir: str | Path | None
    doc_unwarping_model_name: str | None
    doc_unwarping_model_dir: str | Path | None
    text_detection_model_name: str | None
    text_detection_model_dir: str | Path | None
    textline_orientation_model_name: str | None
    textline_orientation_model_dir: str | Path | None
    text_recognition_model_name: str | None
    text_recognition_model_dir: str | Path | None


@overload
def create_pipeline(pipeline: Literal["OCR"], **options: Unpack[Options]) -> OCRPipeline: ...
@overload
def create_pipeline(pipeline: Literal["doc_preprocessor"], **options: Unpack[Options]) -> DocPreprocessorPipeline: ...
@overload
def create_pipeline(pipeline: str | Path | None = None, **options: Unpack[Options]) -> Any: ...


def create_pipeline(
    pipeline: str | Path | None = None,
    *,
    config: Mapping[str, Any] | None = None,
    device: str | None = None,
    use_hpip: bool | None = None,
    hpi_config: Mapping[str, Any] | None = None,
    lang: str | Sequence[str | Language] | None = None,
    prefer: Preference = "best",
    accept_missing: bool = False,
    engine: str | None = None,
    engine_config: Mapping[str, Any] | None = None,
    threads: int = 0,
    precision: Precision | Literal["fp32", "bf16", "fp16"] | None = None,
    batching: Batching | None = None,
    paddlex_quirks: bool | None = None,
    frames: Frames | None = None,
    memory: str | int | None = None,
    use_doc_orientation_classify: bool | None = None,
    use_doc_unwarping: bool | None = None,
    use_textline_orientation: bool | None = None,
    zoo: Zoo | None = None,
    **models: str | Path | None,
) -> Any:
    """Build a pipeline; its models are downloaded and loaded when they are first used.

    The result is an :class:`~ocrzoo.pipelines.ocr.OCRPipeline`, or for ``doc_preprocessor`` a
    :class:`~ocrzoo.pipelines.doc_preprocessor.DocPreprocessorPipeline`.

    ``pipeline`` is a name (``OCR``, ``doc_preprocessor``, or one of a plugin) or a YAML file with PaddleX's keys;
    ``config`` is the same as a dictionary, and takes precedence. ``lang`` (``ru``, ``zh-Hant``, ``Korean``, or
    several, ``ru,ko,en``) selects the recognition model, or the fewest that read all the languages; each line goes to
    the model that reads its language. Give either ``lang`` or a recognition model. If a selected model cannot be
    downloaded, models on this machine that read the languages are used, with a warning. ``prefer`` decides between
    models that read a language: ``best``, ``installed`` (one on this machine) or ``small``. ``accept_missing=True``
    also takes a model that lacks letters of a language that it claims; the result's ``warnings`` name them.

    ``<module>_model_name`` chooses a model, ``<module>_model_dir`` a folder with custom weights under any name; the
    modules are ``doc_orientation_classify``, ``doc_unwarping``, ``text_detection``, ``textline_orientation`` and
    ``text_recognition``.

    ``device`` is ``cpu``, a kind with a card number such as ``gpu:0``, or several, ``gpu:0,1``, which process pages in
    parallel. ``engine`` is ``openvino``, ``onnxruntime`` or ``paddle``; by default the fastest installed one that
    reads the model. ``use_hpip``, ``hpi_config`` and ``engine_config`` are PaddleX's: ``use_hpip=False`` is Paddle's
    own runtime, ``True`` an accelerated one; of the others, ``backend`` and the number of threads are used.
    ``threads`` is for each page that is detected, and for the lines that are read at once; 0: all that this process may
    use.

    ``use_doc_orientation_classify``, ``use_doc_unwarping`` and ``use_textline_orientation`` turn stages on or off;
    a call of ``predict`` may override them.

    ``precision`` is ``auto`` (the default: the fastest that is as accurate as float32 by the model's figures),
    ``float32``, ``bfloat16``, ``float16`` or ``checked`` (bfloat16, and float32 for lines in doubt);
    ``batching="exact"`` groups lines as PaddleX does, ``"width"`` those of similar width, with less padding. Either
    ``precision="float32"`` or ``batching="exact"`` gives PaddleX's answers; docs/pipeline.md has how they combine.
    ``paddlex_quirks=True`` reproduces PaddleX where ocrzoo deviates on purpose (docs/paddlex-differences.md).
    ``frames="all"`` reads every frame of an animation, and every photograph of a file that has several, as a page; by
    default the first is read, and a warning is logged.

    ``memory`` is what this process's memory stays below, such as ``"1.5GiB"`` or a number of bytes: larger calls are
    made in parts, large pages are detected in tiles, and a page for which there is no memory is refused
    (docs/pipeline.md). By default there is no ceiling.

    Raises:
        UnknownModel: No card has the name given.
        UnknownLanguage: No model reads the language; the message has the letters that the nearest lacks.
        UsageError: An argument or a key of the configuration is not valid, or ``lang`` is ambiguous.
    """
    _check_arguments("create_pipeline", models)
    zoo = zoo or Zoo()
    chosen = _chosen_models(models)
    found = Configuration.load(zoo, pipeline, config).with_models(chosen).with_current_names(zoo)
    if lang is not None:
        if given := [key for key, value in chosen.get("TextRecognition", {}).items() if value is not None]:
            raise UsageError(f"lang={lang!r} and text_recognition_{given[0]} both choose the model: give one of them")
        found = found.with_languages(lang, zoo, prefer=prefer, accept_missing=accept_missing)
    elif prefer != "best" or accept_missing:
        raise UsageError("prefer and accept_missing choose a model by language: give lang too")
    switches = {
        "use_doc_orientation_classify": use_doc_orientation_classify,
        "use_doc_unwarping": use_doc_unwarping,
        "use_textline_orientation": use_textline_orientation,
    }
    keys = {
        "batching": batching,
        "paddlex_quirks": paddlex_quirks,
        "frames": frames,
        "memory": memory,
        "use_hpip": use_hpip,
        "hpi_config": hpi_config,
        "engine": engine,
        "engine_config": engine_config,
        "precision": precision,
    }
    found = found.with_switches(_given(switches)).with_keys(_given(keys))
    devices = Device.parse_all("cpu" if device in (None, "") else device)
    most: int | None = getattr(found.record, "memory", None)
    loader = ModelLoader(
        zoo,
        options=EngineOptions(devices[0], threads),
        wanted=_wanted(found.record),
        devices=devices,
        ceiling=None if most is None else Ceiling(most),
    )
    origin = zoo.pipelines.origin(found.spec.name)
    if origin.distribution == OFFICIAL:
        return load_attribute(found.spec.factory)(found.record, loader)
    with blamed_on(str(origin), f"pipeline {found.spec.name!r}"):
        made = load_attribute(found.spec.factory)(found.record, loader)
    guard_pipeline(made, found.spec.name, str(origin))
    return made


def read(input: Any, *, password: Password = None, **options: Unpack[Options]) -> Iterator[OCRResult]:
    """Read the text of images and PDFs, and yield a result a page; the optional stages are off, as in ``ocrzoo ocr``.

    ``input`` is what ``predict`` takes: a path, URL, folder, array, or a list of these. ``password`` opens encrypted
    PDFs; of several, each is tried. ``options`` are those of :func:`create_pipeline`;
    ``use_doc_orientation_classify=True`` and its like turn a stage on. Each call builds a pipeline: to read again and
    again, keep one of :func:`create_pipeline`.
    """
    _check_arguments("read", options)
    chosen: dict[str, Any] = {**dict.fromkeys(OPTIONAL_STAGES, False), **options}
    pipeline: OCRPipeline = create_pipeline("OCR", **chosen)
    return pipeline.predict(input, password=password)


def _wanted(record: Any) -> Wanted:
    """What a pipeline's configuration asks for; its precision and that of its modules follow with the engine."""
    batching, quirks = getattr(record, "batching", None), getattr(record, "paddlex_quirks", False)
    return Wanted(DEFAULT, batching, paddlex_quirks=bool(quirks))


def _check_arguments(function: str, given: Iterable[str]) -> None:
    known = Options.__annotations__
    for name in given:
        if name not in known:
            raise UsageError(f"{function} has no argument {name!r}{did_you_mean(name, known)}")


def _given(arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in arguments.items() if value is not None}


def _chosen_models(models: Mapping[str, str | Path | None]) -> dict[str, dict[str, Any]]:
    """Module of a configuration to the keys that arguments give it."""
    known = {
        f"{begin}_model_{what}": (module, f"model_{what}") for begin, (module, _) in MODULES.items() for what in _WHAT
    }
    chosen: dict[str, dict[str, Any]] = {}
    for argument, value in models.items():
        if value is not None:
            module, key = known[argument]
            chosen.setdefault(module, {})[key] = value
    for keys in chosen.values():
        if "model_dir" in keys:
            keys.setdefault("model_name", None)  # the folder has it
    return chosen
