"""Receipts: with which models, settings and versions an answer was made, so that it can be made again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, ValidationError

from ocrzoo.decoding import lexicon_entries
from ocrzoo_registry.errors import UsageError
from ocrzoo_registry.files import read_bounded, reason

if TYPE_CHECKING:
    from ocrzoo.pipelines.ocr import OCRPipeline
    from ocrzoo.results.base import PageResult

MAX_BYTES = 256 << 20
"""Of a file with a receipt, which may be a whole answer."""
_PINNED = ("engine", "precision")
MOST_ENTRIES = 100
"""Entries of a lexicon that are in a receipt; of a longer one, its digest is."""


class UsedModel(BaseModel):
    """A model that took part."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    module: str
    name: str
    format: str
    sha256: dict[str, str]
    engine: str
    engine_version: str | None = None
    precision: str
    batching: str
    device: str


class Receipt(BaseModel):
    """How an answer was made."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    ocrzoo: str
    """Version."""
    input_sha256: str
    options: dict[str, Any]
    """The arguments of ``predict``; a lexicon of more than :data:`MOST_ENTRIES` entries is its digest and length."""
    max_pages: int | None = None
    page_numbers: tuple[int, ...] | None = None
    """The pages that were read, from 0; ``None``: all."""
    threads: int
    configuration: dict[str, Any]
    """That of the pipeline, with the engine and precision of each module; a long lexicon as in ``options``."""
    models: tuple[UsedModel, ...]
    pages: tuple[str, ...]
    """SHA-256 of each page's result, as :func:`digest` has it."""

    def with_lexicon(self, entries: Sequence[str] | None) -> Receipt:
        """Return the receipt with the entries of its lexicon, where it only has their digest.

        Raises:
            UsageError: It needs a lexicon, another one, or none.
        """
        modules = _mapping(self.configuration.get("SubModules"))
        reader = _mapping(modules.get("TextRecognition"))
        needed = [one["lexicon"] for one in (self.options, reader) if isinstance(one.get("lexicon"), dict)]
        if not needed and entries is not None:
            raise UsageError("--lexicon: the receipt lacks none: leave it out")
        if not needed:
            return self
        if entries is None:
            raise UsageError(
                f"the receipt has only the digest of its lexicon, {needed[0].get('entries')} entries: name its file by "
                "--lexicon"
            )
        if any(one != _lexicon_digest(entries) for one in needed):
            raise UsageError("--lexicon: not the lexicon of the receipt: its entries have another digest")
        modules = {**modules, "TextRecognition": _with_lexicon(reader, entries)}
        configuration = {**self.configuration, "SubModules": modules}
        options = _with_lexicon(self.options, entries)
        return self.model_copy(update={"options": options, "configuration": configuration})

    def differences(self, models: Sequence[Mapping[str, Any]]) -> Iterator[str]:
        """Yield in what this installation differs, given the models that it loaded."""
        if (version := metadata.version("ocrzoo")) != self.ocrzoo:
            yield f"ocrzoo {version}, and then {self.ocrzoo}"
        now = {model["module"]: UsedModel.model_validate(model) for model in models}
        for then in self.models:
            one = now.get(then.module)
            if one is None:
                yield f"{then.module}: not loaded"
                continue
            for name in UsedModel.model_fields:
                if getattr(one, name) != getattr(then, name):
                    yield f"{then.module}: {name} {getattr(one, name)}, and then {getattr(then, name)}"


def receipt_of(
    pipeline: OCRPipeline,
    *,
    threads: int,
    input_sha256: str,
    options: Mapping[str, Any],
    pages: Sequence[str],
    max_pages: int | None = None,
    page_numbers: Sequence[int] | None = None,
) -> Receipt:
    """Describe how a file was read; ``pages`` are the digests of its results."""
    models = pipeline.loaded_models()
    configuration = _pinned(pipeline.config.model_dump(mode="json", exclude_none=True), models)
    modules = configuration["SubModules"]
    modules["TextRecognition"] = _without_long_lexicon(modules["TextRecognition"])
    return Receipt(
        ocrzoo=metadata.version("ocrzoo"),
        input_sha256=input_sha256,
        options=_without_long_lexicon(options),
        max_pages=max_pages,
        page_numbers=None if page_numbers is None else tuple(page_numbers),
        threads=threads,
        configuration=configuration,
        models=tuple(UsedModel.model_validate(model) for model in models),
        pages=tuple(pages),
    )


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _without_long_lexicon(keys: Mapping[str, Any]) -> dict[str, Any]:
    """The keys, with the digest of a long lexicon in its place."""
    entries = keys.get("lexicon")
    if not isinstance(entries, list | tuple) or len(entries) <= MOST_ENTRIES:
        return dict(keys)
    return {**keys, "lexicon": _lexicon_digest(entries)}


def _with_lexicon(keys: Mapping[str, Any], entries: Sequence[str]) -> dict[str, Any]:
    return {**keys, "lexicon": [*entries]} if isinstance(keys.get("lexicon"), dict) else dict(keys)


def _lexicon_digest(entries: Sequence[str]) -> dict[str, Any]:
    """The SHA-256 of a lexicon's entries, one a line, and how many they are."""
    own = lexicon_entries(entries)
    content = "\n".join(own).encode("utf-8", "surrogatepass")
    return {"sha256": hashlib.sha256(content).hexdigest(), "entries": len(own)}


def plain_result(result: PageResult) -> dict[str, Any]:
    """Return a page's result as plain data without the name of its file, as receipts have its digest."""
    plain: dict[str, Any] = _without_source(result.json["res"])
    return plain


def _without_source(value: Any) -> Any:
    """A result without the keys that say where a page is from, at any depth, as in PaddleX's answers."""
    if isinstance(value, dict):
        return {key: _without_source(item) for key, item in value.items() if key not in {"input_path", "page_index"}}
    return [_without_source(item) for item in value] if isinstance(value, list) else value


def digest(result: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a page's result: of its JSON with sorted keys."""
    return hashlib.sha256(json.dumps(result, sort_keys=True, ensure_ascii=True).encode()).hexdigest()


def read_receipt(path: Path) -> Receipt:
    """Read a receipt, or the one in an answer of the server.

    Raises:
        UsageError: The file has none.
    """
    try:
        data = json.loads(read_bounded(path, MAX_BYTES))
        inner = data.get("result", data) if isinstance(data, dict) else data
        return Receipt.model_validate(inner.get("receipt", inner) if isinstance(inner, dict) else inner)
    except OSError as error:
        raise UsageError(f"{path}: {reason(error)}") from error
    except (ValueError, RecursionError) as error:
        place = error.errors()[0]["loc"] if isinstance(error, ValidationError) else ()
        what = place[0] if place else "JSON"
        raise UsageError(
            f'{path}: not a receipt: {what} is missing or not valid (a request with "receipt": true gets one)'
        ) from error


def _pinned(configuration: dict[str, Any], models: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The configuration with the engine and precision that each module's model had."""
    inner = configuration.get("SubPipelines", {}).get("DocPreprocessor", {})
    for model in models:
        for modules in (configuration["SubModules"], inner.get("SubModules", {})):
            for module in _readers(modules.get(model["module"])):
                if module.get("model_name") == model["name"]:
                    module.update({key: model[key] for key in _PINNED})
        if model["module"] == "TextRecognition":
            configuration["batching"] = model["batching"]
    return configuration


def _readers(module: dict[str, Any] | None) -> list[dict[str, Any]]:
    return [] if module is None else [module, *module.get("others", ())]
