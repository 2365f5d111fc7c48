"""Pipeline configurations: the defaults as data, files of the user's, and errors that name file and key."""

from __future__ import annotations

import reprlib
from collections.abc import Sequence
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar, cast

from pydantic import BaseModel, ValidationError

from ocrzoo.pipelines.schema import Reader
from ocrzoo_registry import safe_yaml
from ocrzoo_registry.errors import UsageError
from ocrzoo_registry.names import did_you_mean
from ocrzoo_registry.plugins.specs import PipelineSpec, load_attribute
from ocrzoo_registry.zoo import Zoo, select_models

MAX_BYTES = 1 << 20
"""A configuration is a page of text."""

_NEEDED = {
    "string_type": "text is needed: in YAML, put what reads as a number, yes or no in quotes",
    "tuple_type": "a list is needed",
}
"""What some kinds of error say, in words of a configuration, by pydantic's names of them."""

SchemaT = TypeVar("SchemaT", bound=BaseModel)


def default_ocr() -> dict[str, Any]:
    """Return the OCR pipeline's default configuration, in PaddleX's keys; the caller may change it."""
    return cast("dict[str, Any]", safe_yaml.load(_own_text("OCR")))


def default_doc_preprocessor() -> dict[str, Any]:
    """Return the default configuration of the pipeline that sets pages upright; the caller may change it."""
    return cast("dict[str, Any]", safe_yaml.load(_own_text("doc_preprocessor")))


def config_text(spec: PipelineSpec) -> str:
    """Return a pipeline's default configuration as YAML, with its comments where it is one of ocrzoo's own.

    Raises:
        UsageError: A plugin's configuration cannot be had.
    """
    if spec.config.startswith(f"{__name__}:"):
        return _own_text(spec.name)
    return safe_yaml.dump(load_attribute(spec.config)())


def _own_text(name: str) -> str:
    return files("ocrzoo.pipelines").joinpath(f"{name}.yaml").read_text(encoding="utf-8")


def read_config(path: Path) -> dict[str, Any]:
    """Read a pipeline's configuration from a file.

    Raises:
        UsageError: It cannot be read, or is no configuration.
    """
    try:
        data = safe_yaml.read_file(path, MAX_BYTES)
    except safe_yaml.YamlError as error:
        raise UsageError(str(error)) from error
    if not isinstance(data, dict) or not isinstance(data.get("pipeline_name"), str):
        raise UsageError(f"{path}: no configuration of a pipeline: pipeline_name is missing")
    return data


def checked(schema: type[SchemaT], data: dict[str, Any], origin: str) -> SchemaT:
    """Return a configuration as a record; ``origin`` names it in errors.

    Raises:
        UsageError: A key is unknown, or a value makes no sense.
    """
    try:
        return schema.model_validate(data)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_input=True)
        told = "; ".join(_explain(cast("dict[str, Any]", problem)) for problem in problems[:5])
        raise UsageError(f"{origin}: {told}") from error


def _explain(problem: dict[str, Any]) -> str:
    where = ".".join(map(str, problem["loc"]))
    if problem["type"] == "extra_forbidden":
        key = str(problem["loc"][-1])
        if key in _known_keys():
            return f"{where}: unknown key in this place"
        return f"{where}: unknown key{did_you_mean(key, _known_keys(), count=1)}"
    if problem["type"] == "missing":
        return f"{where} is missing"
    needed = _NEEDED.get(problem["type"], problem["msg"])
    return f"{where}={reprlib.repr(problem['input'])}: {needed}"


def _known_keys() -> set[str]:
    from ocrzoo.pipelines import schema

    records = [kind for kind in vars(schema).values() if isinstance(kind, type) and issubclass(kind, BaseModel)]
    return {key for record in records for key in record.model_fields}


def choose_readers(recognition: dict[str, Any], lang: str | Sequence[str], zoo: Zoo) -> None:
    """Put the models that read languages into a recognition module, each with those that it reads.

    Raises:
        AmbiguousLanguage: A code has two meanings.
        UnknownLanguage: No model reads one of them; the message has the letters that the nearest lacks.
        UsageError: These are no languages.
    """
    if not isinstance(lang, str | list | tuple) or not all(isinstance(one, str) for one in lang):
        raise UsageError(f"lang={lang!r}: a language tag such as ru or zh-Hant is needed, or a list of them")
    first, *others = (
        {"model_name": one.name, "languages": [evidence.language.tag for evidence in one.support]}
        for one in select_models(lang, zoo=zoo, default=str(recognition.get("model_name"))).require()
    )
    for key in ("model_dir", "others"):
        recognition.pop(key, None)
    recognition.update(first)
    if others:
        recognition["others"] = others


def local_alternative(readers: Sequence[Reader], zoo: Zoo) -> str:
    """Return how to read the languages with local models, where the models selected for them are unavailable.

    Empty without local models, or where the models were not selected by language.
    """
    languages = list(dict.fromkeys(tag for one in readers for tag in one.languages))
    selected = {one.model_name for one in readers}
    if not languages or zoo.settings.offline:
        return ""
    if {one.name for one in select_models(languages, zoo=zoo).selected_models} != selected:
        return ""
    local = select_models(languages, zoo=Zoo(replace(zoo.settings, offline=True))).selected_models
    if not local or not all(one.is_available for one in local):
        return ""
    names = " and ".join(one.name for one in local)
    return f"; what is on this machine reads {','.join(languages)} too, with {names}: set OCRZOO_OFFLINE=1"
