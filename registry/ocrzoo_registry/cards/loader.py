"""Cards as files: reading them, and errors that name file, key and the nearest known key.

A card is a YAML file of its own, or one of many in a file of JSON lines, which is read ten times as fast.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ValidationError

from ocrzoo_registry import safe_yaml
from ocrzoo_registry.cards import schema
from ocrzoo_registry.cards.formats import describe_needed, is_complete
from ocrzoo_registry.errors import CardError
from ocrzoo_registry.files import read_bounded, reason
from ocrzoo_registry.names import did_you_mean

MAX_CARD_BYTES = 1 << 20
"""A card is a page of text; anything beyond a mebibyte is not one."""

MAX_LINES_BYTES = 64 << 20
"""Of a file with many cards: twenty thousand that say all there is to say."""


def read_card(path: Path) -> schema.ModelCard:
    """Read one card.

    Raises:
        CardError: The file cannot be read, is not YAML, or breaks the schema.
    """
    try:
        data = safe_yaml.read_file(path, MAX_CARD_BYTES)
    except safe_yaml.YamlError as error:
        raise CardError(str(error)) from error
    return build_card(data, origin=str(path))


def build_card(data: object, *, origin: str) -> schema.ModelCard:
    """Build a card from plain data; ``origin`` names it in errors.

    Raises:
        CardError: The data break the schema.
    """
    try:
        written = json.dumps(data)
    except (TypeError, ValueError, RecursionError) as error:
        raise CardError(f"{origin}: not plain data: {error}") from error
    return _from_json(written, origin)


def _from_json(written: str | bytes, origin: str) -> schema.ModelCard:
    try:
        return schema.ModelCard.model_validate_json(written)
    except ValidationError as error:
        raise CardError(f"{origin}: {'; '.join(_explain(error))}") from error


def read_cards(folder: Path, root: Path | None = None) -> Iterator[schema.ModelCard]:
    """Read every ``*.yaml`` and ``*.jsonl`` of a folder, in the order of their names.

    ``root`` is where charsets lie; the folder itself if not given.

    Raises:
        CardError: There is no card, a card breaks the schema, or files that it needs are not named or not there.
    """
    root = root or folder
    paths = sorted(path for path in folder.glob("*") if path.suffix in {".yaml", ".yml", ".jsonl"})
    if not paths:
        raise CardError(f"{folder}: there are no cards (*.yaml, *.jsonl) in this folder")
    there: set[str | None] = {None}
    for path in paths:
        for origin, card in _read_lines(path) if path.suffix == ".jsonl" else [(str(path), read_card(path))]:
            if card.charset not in there and not (root / str(card.charset)).is_file():
                raise CardError(f"{origin}: charset: there is no file {root / str(card.charset)}")
            there.add(card.charset)
            for file_format, artifact in card.artifacts.items():
                if not is_complete(file_format, [file.path for file in artifact.files]):
                    raise CardError(f"{origin}: artifacts.{file_format}: {describe_needed(file_format)}")
            yield card.located_in(root)


def _read_lines(path: Path) -> Iterator[tuple[str, schema.ModelCard]]:
    """The cards of a file with one on each line, and where each stands."""
    try:
        lines = read_bounded(path, MAX_LINES_BYTES).removesuffix(b"\n").split(b"\n")
    except OSError as error:
        raise CardError(f"{path}: cannot be read: {reason(error)}") from error
    for number, line in enumerate(lines, start=1):
        origin = f"{path}, line {number}"
        if len(line) > MAX_CARD_BYTES:
            raise CardError(f"{origin}: larger than {MAX_CARD_BYTES} bytes")
        yield origin, _from_json(line, origin)


def _explain(error: ValidationError) -> Iterable[str]:
    for problem in error.errors(include_url=False):
        where = ".".join(str(part) for part in problem["loc"]) or "card"
        if problem["type"] == "extra_forbidden":
            key = str(problem["loc"][-1])
            hint = did_you_mean(key, _all_keys() - {key}, count=1)  # it may be a key elsewhere in a card
            yield f"{where}: unknown key{hint}"
        elif problem["type"] == "string_pattern_mismatch":
            pattern = problem.get("ctx", {}).get("pattern", "")
            form = schema.FORMS.get(pattern, f"of the form {pattern}")
            yield f"{where}: {problem['input']!r} is not {form}"
        elif problem["type"] == "json_invalid":
            yield f"{where}: {problem['msg'].replace('Invalid JSON', 'not JSON').replace(' line 1 ', ' ')}"
        elif problem["type"] == "string_type":
            yield f"{where}: text is needed: put it in quotes"
        else:
            yield f"{where}: {problem['msg']}"


@cache
def _all_keys() -> frozenset[str]:
    records = [kind for kind in vars(schema).values() if isinstance(kind, type)]
    return frozenset(key for kind in records if issubclass(kind, BaseModel) for key in kind.model_fields)
