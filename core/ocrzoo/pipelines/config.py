"""Pipeline configurations: load defaults and files, change them by arguments, and validate them.

Errors name the file and the key.
"""

from __future__ import annotations

import copy
import reprlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar, cast

from pydantic import BaseModel, ValidationError

from ocrzoo.validation import Fault, faults, joined
from ocrzoo_registry import safe_yaml
from ocrzoo_registry.errors import UsageError
from ocrzoo_registry.files import expand_user
from ocrzoo_registry.languages.ranking import Candidate, Preference
from ocrzoo_registry.languages.tags import Language
from ocrzoo_registry.names import did_you_mean
from ocrzoo_registry.plugins.specs import PipelineSpec, load_attribute
from ocrzoo_registry.zoo import Zoo, select_models

MAX_BYTES = 1 << 20
"""A configuration is a page of text."""

_QUOTES = ": in YAML, put what reads as a number, yes or no in quotes"
"""What to write where text is needed."""

_OF_ONE_MODEL = ("model_dir", "languages", "others", "fallback")
"""Keys of a module that do not hold for another model."""

_PREPROCESSING = ("use_doc_orientation_classify", "use_doc_unwarping")

SchemaT = TypeVar("SchemaT", bound=BaseModel)


@dataclass(frozen=True)
class Configuration:
    """A pipeline's configuration. A change returns a new one, validated again."""

    spec: PipelineSpec
    record: Any
    """An instance of the pipeline's schema; a dictionary for a plugin's pipeline without one."""
    origin: str
    """What errors call it."""

    @classmethod
    def load(cls, zoo: Zoo, pipeline: str | Path | None, config: Mapping[str, Any] | None = None) -> Configuration:
        """Return the configuration of a pipeline by name, of a YAML file, or of a mapping, which takes precedence.

        Raises:
            UsageError: There is no such pipeline or file, or the configuration is not valid.
        """
        if pipeline is not None and not isinstance(pipeline, str | Path):
            raise UsageError(f"pipeline={pipeline!r}: the name of a pipeline, or a YAML file, is needed")
        is_file = isinstance(pipeline, Path) or (pipeline or "").lower().endswith((".yaml", ".yml"))
        if config is not None:
            if not isinstance(config, Mapping):
                raise UsageError(f"config is a {type(config).__name__}: a mapping with PaddleX's keys is needed")
            name = config.get("pipeline_name")
            if not isinstance(name, str):
                raise UsageError("config: pipeline_name is missing")
            if pipeline is not None and not is_file and pipeline != name:
                raise UsageError(f"config is that of {name!r}, and pipeline is {pipeline!r}: name one of them")
            return _validated(zoo.pipelines.get(name), config, "config").with_current_names(zoo)
        if is_file:
            data = read_config(expand_user(str(pipeline)))
            return _validated(zoo.pipelines.get(data["pipeline_name"]), data, str(pipeline)).with_current_names(zoo)
        spec = zoo.pipelines.get(str(pipeline or "OCR"))
        return _validated(spec, load_attribute(spec.config)(), f"pipeline {spec.name}")

    @property
    def model_names(self) -> list[str]:
        """The models of all modules, by name."""
        modules = [_keys(module) for _, module in _modules_in(self.record)]
        models = [one for module in modules for one in (module, *map(_keys, module.get("others", ())))]
        return [name for model in models if (name := model.get("model_name")) is not None]

    def with_current_names(self, zoo: Zoo) -> Configuration:
        """Replace former names of models by the present ones, with a warning."""
        data = self.record
        for path, module in _modules_in(self.record):
            keys, renamed = _keys(module), _renamed(_keys(module), zoo)
            data = data if renamed == keys else _replaced(data, path, renamed)
        return self if data is self.record else _validated(self.spec, data, self.origin)

    def with_keys(self, keys: Mapping[str, Any]) -> Configuration:
        """Replace keys of the pipeline itself.

        Raises:
            UsageError: A key is unknown, or its value is not valid.
        """
        return self._changed((), {**_keys(self.record), **keys})

    def with_models(self, models: Mapping[str, Mapping[str, Any]]) -> Configuration:
        """Replace the model of modules: the module's key to ``model_name``, ``model_dir`` or both.

        Raises:
            UsageError: The pipeline has no such module, or a value is not valid.
        """
        data = self.record
        for module, keys in models.items():
            path, own = self._module(module)
            if path is None:
                raise UsageError(f"pipeline {self.spec.name!r} has no module {module}")
            data = _replaced(data, path, {**_of_any_model(own), **keys})
        return _validated(self.spec, data, self.origin)

    def with_languages(
        self,
        lang: str | Iterable[str | Language],
        zoo: Zoo,
        *,
        prefer: Preference = "best",
        accept_missing: bool = False,
    ) -> Configuration:
        """Replace the recognition model by the models selected for languages, each with those that it reads.

        ``prefer`` and ``accept_missing`` are those of :func:`ocrzoo_registry.zoo.select_models`. If a selected model
        is not on this machine, models that are and that read the languages become the fallback.

        Raises:
            AmbiguousLanguage: A code has two meanings.
            UnknownLanguage: No model reads one of them; the message has the letters that the nearest lacks.
            UsageError: The pipeline recognizes no text.
        """
        path, own = self._module("TextRecognition")
        if path is None:
            raise UsageError(f"lang={lang!r}: pipeline {self.spec.name!r} recognizes no text")
        if not isinstance(lang, str | list | tuple) or not all(isinstance(one, str | Language) for one in lang):
            raise UsageError(f"lang={lang!r}: a language tag such as ru or zh-Hant is needed, or a list of them")
        select = partial(
            select_models, zoo=zoo, default=str(own.get("model_name")), prefer=prefer, accept_missing=accept_missing
        )
        selection = select(lang)
        selected = selection.require()
        first, *others = map(_reader, selected)
        keys = {**_of_any_model(own), **first, **({"others": others} if others else {})}
        if not all(one.is_installed for one in selected):
            keys["fallback"] = list(map(_reader, select(selection.languages, installed=True).selected_models))
        return self._changed(path, {name: value for name, value in keys.items() if value != []})

    def with_switches(self, switches: Mapping[str, bool]) -> Configuration:
        """Turn stages on or off, those of the preprocessor inside too.

        Raises:
            UsageError: The pipeline has no such stage, or a value is not a boolean.
        """
        keys = {**_keys(self.record), **switches}
        inner = _keys(keys.get("SubPipelines")).get("DocPreprocessor")
        asked = {name: keys.pop(name) for name in _PREPROCESSING if inner is not None and name in switches}
        if asked:
            enabled, own = keys.get("use_doc_preprocessor", True), _keys(inner)
            steps = {name: asked.get(name, enabled and own.get(name, True)) for name in _PREPROCESSING}
            keys["use_doc_preprocessor"] = any(steps.values())
            keys = _replaced(keys, ("SubPipelines", "DocPreprocessor"), {**own, **steps})
        return self._changed((), keys)

    def _module(self, name: str) -> tuple[tuple[str, ...] | None, dict[str, Any]]:
        """Where a module is, and its keys; of two the one of the pipeline itself."""
        found = {path[-1]: (path, _keys(module)) for path, module in _modules_in(self.record)}
        return found.get(name, (None, {}))

    def _changed(self, path: Sequence[str], keys: Mapping[str, Any]) -> Configuration:
        return _validated(self.spec, _replaced(self.record, path, keys), self.origin)


def _reader(model: Candidate) -> dict[str, Any]:
    return {"model_name": model.name, "languages": tuple(support.language for support in model.support)}


def _validated(spec: PipelineSpec, data: Mapping[str, Any], origin: str) -> Configuration:
    if spec.schema is None:
        return Configuration(spec, copy.deepcopy(dict(data)), origin)
    return Configuration(spec, checked(load_attribute(spec.schema), data, origin), origin)


def _keys(part: Any) -> dict[str, Any]:
    """The keys that a part of a configuration states; none for what is no part."""
    if isinstance(part, BaseModel):
        return {name: getattr(part, name) for name in type(part).model_fields if name in part.model_fields_set}
    return dict(part) if isinstance(part, Mapping) else {}


def _renamed(model: Mapping[str, Any], zoo: Zoo) -> dict[str, Any]:
    """The keys of a module, or of one of its further models, with the present names of models."""
    keys = dict(model)
    if isinstance(name := keys.get("model_name"), str):
        keys["model_name"] = zoo.models.current_name(name)
    for more in ("others", "fallback"):
        models = [_keys(one) for one in keys.get(more) or ()]
        renamed = [_renamed(one, zoo) for one in models]
        keys |= {} if renamed == models else {more: renamed}
    return keys


def _of_any_model(module: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in module.items() if key not in _OF_ONE_MODEL}


def _modules_in(part: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield the modules of a configuration and their paths, those of pipelines inside it first."""
    for name, inner in _keys(_keys(part).get("SubPipelines")).items():
        yield from _modules_in(inner, (*path, "SubPipelines", name))
    for name, module in _keys(_keys(part).get("SubModules")).items():
        if isinstance(module, BaseModel | Mapping):
            yield (*path, "SubModules", name), module


def _replaced(part: Any, path: Sequence[str], keys: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys of a configuration with those at a path replaced."""
    if not path:
        return dict(keys)
    own = _keys(part)
    return {**own, path[0]: _replaced(own.get(path[0]), path[1:], keys)}


def models_of(zoo: Zoo, pipeline: str, lang: str | Iterable[str | Language] | None = None, **terms: Any) -> list[str]:
    """Return the names of the models that a pipeline uses, with the recognition models for languages if given.

    ``terms`` are those of :meth:`Configuration.with_languages`.

    Raises:
        UsageError: There is no such pipeline.
        UnknownLanguage: No model reads the language.
    """
    config = Configuration.load(zoo, pipeline)
    return (config if lang is None else config.with_languages(lang, zoo, **terms)).model_names


def default_ocr() -> dict[str, Any]:
    """Return the default configuration of ``OCR``, in PaddleX's keys; the caller may change it."""
    return cast("dict[str, Any]", safe_yaml.load(_own_text("OCR")))


def default_doc_preprocessor() -> dict[str, Any]:
    """Return the default configuration of ``doc_preprocessor``, in PaddleX's keys; the caller may change it."""
    return cast("dict[str, Any]", safe_yaml.load(_own_text("doc_preprocessor")))


def config_text(spec: PipelineSpec) -> str:
    """Return a pipeline's default configuration as YAML, with its comments if it is one of ocrzoo's own.

    Raises:
        UsageError: A plugin's configuration cannot be loaded.
    """
    if spec.config.startswith(f"{__name__}:"):
        return _own_text(spec.name)
    return safe_yaml.dump(load_attribute(spec.config)())


def _own_text(name: str) -> str:
    return files("ocrzoo.pipelines").joinpath(f"{name}.yaml").read_text(encoding="utf-8")


def read_config(path: Path) -> dict[str, Any]:
    """Read a pipeline's configuration from a YAML file.

    Raises:
        UsageError: It cannot be read, or is not a configuration.
    """
    try:
        data = safe_yaml.read_file(path, MAX_BYTES)
    except safe_yaml.YamlError as error:
        raise UsageError(str(error)) from error
    if not isinstance(data, dict) or not isinstance(data.get("pipeline_name"), str):
        raise UsageError(f"{path}: not a pipeline configuration: pipeline_name is missing")
    return data


def checked(schema: type[SchemaT], data: Mapping[str, Any], origin: str) -> SchemaT:
    """Return a configuration as a record; ``origin`` names it in errors.

    Raises:
        UsageError: A key is unknown, or a value is not valid.
    """
    try:
        return schema.model_validate(data)
    except ValidationError as error:
        explained = "; ".join(map(_explain, faults(error, data)[:5]))
        raise UsageError(f"{origin}: {explained}") from error


def _explain(fault: Fault) -> str:
    where = joined(fault.place)
    if fault.kind == "extra_forbidden":
        key = str(fault.place[-1])
        if key in _known_keys():
            return f"{where}: unknown key in this place"
        return f"{where}: unknown key{did_you_mean(key, _known_keys(), count=1)}"
    if fault.kind == "missing":
        return f"{where} is missing"
    return f"{where}={reprlib.repr(fault.given)}: {fault.reason}{_QUOTES if fault.needed == 'text' else ''}"


def _known_keys() -> set[str]:
    from ocrzoo.pipelines import schema

    records = [kind for kind in vars(schema).values() if isinstance(kind, type) and issubclass(kind, BaseModel)]
    return {key for record in records for key in record.model_fields}
