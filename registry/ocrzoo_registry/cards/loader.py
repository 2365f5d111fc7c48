"""Reading cards from files; an error names the file, the key and the nearest known key.

A file is YAML with one card, or JSON lines with one card a line, which is read ten times as fast.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, from_json

from ocrzoo_registry import safe_yaml
from ocrzoo_registry.cards import schema
from ocrzoo_registry.cards.fields import FORMS
from ocrzoo_registry.cards.formats import check_format, describe_files, is_complete
from ocrzoo_registry.errors import CardError, UsageError
from ocrzoo_registry.files import leads_outside, os_errors_as, read_bounded
from ocrzoo_registry.names import did_you_mean

MAX_CARD_BYTES = 1 << 20
"""Upper limit of one card, which is a page of text."""

MAX_LINES_BYTES = 64 << 20
"""Upper limit of a file with many cards: room for twenty thousand complete ones."""

MAX_FAULTY = 100
"""Faulty cards of a file after which the rest of it is not read."""

_TOLD = 10
"""Faults of a card that are told."""
_LONGEST = 300
"""Characters of one that are told; keys and texts may have any length."""

RecordT = TypeVar("RecordT", bound=BaseModel)

_keeping_faults: ContextVar[bool] = ContextVar("keeping_faults", default=False)


@contextmanager
def faults_kept() -> Iterator[None]:
    """Within it, a faulty card is returned with its fault (``ModelCard.fault``) instead of raised.

    The plugin manager calls hooks in it: an error raised inside a hook would end it, and cost the plugin's other cards.
    """
    token = _keeping_faults.set(True)
    try:
        yield
    finally:
        _keeping_faults.reset(token)


def _refused(error: CardError, data: object = None) -> schema.ModelCard:
    """Raise the error; where faults are kept, return a card with it and with what the data say of name and claims."""
    if not _keeping_faults.get():
        raise error
    name, task, languages = identity(data)
    card = schema.FaultyCard.model_construct(name=name, task=task, languages=languages)
    card._fault = error  # noqa: SLF001  # the card is new, nobody else has it
    return card


def identity(data: object) -> tuple[str, str, tuple[str, ...]]:
    """Return the name, task and languages that the data of a faulty card state, as far as they have the right type."""
    stated: Mapping[str, Any] = data if isinstance(data, Mapping) else {}
    name, task, languages = (stated.get(key) for key in ("name", "task", "languages"))
    tags = [tag for tag in languages if isinstance(tag, str)] if isinstance(languages, list | tuple) else []
    return name if isinstance(name, str) else "", task if isinstance(task, str) else "", tuple(tags)


def read_card(path: Path) -> schema.ModelCard:
    """Read one card.

    Raises:
        CardError: The file cannot be read, is not YAML, or breaks the schema.
    """
    try:
        data = safe_yaml.read_file(path, MAX_CARD_BYTES)
    except safe_yaml.YamlError as error:
        raise CardError(str(error)) from error
    card = build_card(data, origin=str(path), folder=path.parent)
    card._file = path  # noqa: SLF001  # the card is new, nobody else has it
    return card


def read_located(path: Path) -> schema.ModelCard:
    """Read one card with the folder that its paths are relative to: the file's own, or the one above if it is there.

    Raises:
        CardError: The file cannot be read, is not YAML, or breaks the schema.
    """
    card = read_card(path)
    beside = card.charset or card.known_digests or ""
    above = path.absolute().parent.parent
    return card.located_in(above) if (above / beside).is_file() and not (path.parent / beside).is_file() else card


def build_card(data: object, *, origin: str, folder: Path | None = None) -> schema.ModelCard:
    """Build a card from plain data.

    ``origin`` names the card in errors; ``folder`` is the one that its charset and other files are relative to.
    In a hook, a card that breaks the schema is returned all the same, and costs only itself.

    Raises:
        CardError: The data break the schema.
    """
    try:
        card = schema.ModelCard.model_validate(data)
    except ValidationError as error:
        return _refused(CardError(f"{origin}: {explain(error)}"), data)
    return _placed(card, origin, folder)


def read_cards(folder: Path, root: Path | None = None) -> Iterator[schema.ModelCard]:
    """Read every ``*.yaml`` and ``*.jsonl`` of a folder, in the order of their names.

    ``root`` is the folder that charsets are relative to; without it, ``folder``. In a hook, a bad card or file costs
    only itself.

    Raises:
        CardError: There is no card, a card breaks the schema, or a file that it needs is not listed or missing.
    """
    root = root or folder
    paths = sorted(path for path in folder.glob("*") if path.suffix in {".yaml", ".yml", ".jsonl"})
    if not paths:
        yield _refused(CardError(f"{folder}: no cards (*.yaml, *.jsonl) in this folder"))
    found: set[str] = set()
    for path in paths:
        faulty = 0
        for origin, one in _read_file(path):
            card = one if one.fault is not None else _checked(one, origin, root, found)
            yield card
            faulty += card.fault is not None
            if faulty == MAX_FAULTY:
                yield _refused(CardError(f"{path}: {MAX_FAULTY} cards are faulty, the rest is not read: correct these"))
                break


def _checked(card: schema.ModelCard, origin: str, root: Path, found: set[str]) -> schema.ModelCard:
    """The card with its folder, if the files that it names are there."""
    try:
        _check_files(card, origin, root, found)
    except CardError as error:
        return _refused(error, card.__dict__)
    return _placed(card, origin, root)


def _check_files(card: schema.ModelCard, origin: str, root: Path, found: set[str]) -> None:
    """Refuse a card without a file that it names, or whose artifacts make no model; ``found`` are known files."""
    picture = None if card.self_check is None else card.self_check.picture
    for key, path in (
        ("charset", card.charset),
        ("self_check.picture", picture),
        ("known_digests", card.known_digests),
    ):
        if path is None or path in found:
            continue
        if not (root / path).is_file():
            raise CardError(f"{origin}: {key}: there is no file {root / path}")
        if leads_outside(root, path):
            raise CardError(f"{origin}: {key}: {root / path} is a link to a file outside of the card's folder")
        found.add(path)
    for file_format, artifact in card.artifacts.items():
        if not is_complete(file_format, [file.path for file in artifact.files], artifact.networks):
            needed = describe_files(file_format, artifact.networks)
            raise CardError(f"{origin}: artifacts.{file_format}: needs {needed}")


def read_reference(card: schema.ModelCard, source: str, file_format: str, kind: type[RecordT]) -> RecordT | None:
    """Return where a source has a model, as the pydantic model that the source reads; ``None`` if the card is silent.

    Raises:
        CardError: The card's reference does not fit the model.
    """
    reference = card.sources.get(source, {}).get(file_format)
    if reference is None:
        return None
    try:
        return kind.model_validate(reference)
    except ValidationError as error:
        where = f"{card.name}: sources.{source}.{file_format}"
        raise CardError(explain(error, f"{where}.", kind.model_fields)) from error


def _read_file(path: Path) -> Iterator[tuple[str, schema.ModelCard]]:
    """The cards of a file, and where each is."""
    try:
        if path.suffix == ".jsonl":
            yield from _read_lines(path)
        else:
            yield str(path), read_card(path)
    except CardError as error:
        yield str(path), _refused(error)


def _read_lines(path: Path) -> Iterator[tuple[str, schema.ModelCard]]:
    """The cards of a file with one on each line, and the line of each."""
    with os_errors_as(CardError, f"{path} could not be read"):
        lines = read_bounded(path, MAX_LINES_BYTES).removesuffix(b"\n").split(b"\n")
    for number, line in enumerate(lines, start=1):
        origin = f"{path}, line {number}"
        if len(line) > MAX_CARD_BYTES:
            yield origin, _refused(CardError(f"{origin}: larger than {MAX_CARD_BYTES} bytes"))
            continue
        try:
            card = schema.ModelCard.model_validate_json(line)
        except ValidationError as error:
            yield origin, _refused(CardError(f"{origin}: {explain(error)}"), _data_of(line))
        else:
            yield origin, _placed(card, origin, None)


def _data_of(line: bytes) -> object:
    """The data of a line that is no card; ``None`` if it is no JSON either."""
    try:
        return from_json(line)
    except ValueError:
        return None


def _placed(card: schema.ModelCard, origin: str, folder: Path | None) -> schema.ModelCard:
    """The card with its folder, once its formats are known ones."""
    for file_format in card.artifacts:
        try:
            check_format(file_format)
        except UsageError as error:
            return _refused(CardError(f"{origin}: artifacts: {error}"), card.__dict__)
    if folder is not None:
        card._folder = folder  # noqa: SLF001  # the card is new, nobody else has it
    return card


def first_fault(error: ValidationError) -> str:
    """Return where the first fault is, and which."""
    fault = error.errors(include_url=False)[0]
    return f"{'.'.join(map(str, fault['loc']))} {fault['msg']}"


def explain(error: ValidationError, prefix: str = "", keys: Collection[str] = ()) -> str:
    """Return the faults of a card in one line, each after ``prefix``; of many, the first.

    ``keys`` are those to suggest, without any all keys of cards.
    """
    problems = error.errors(include_url=False)
    faulty_items = {problem["loc"][:depth] for problem in problems for depth in range(len(problem["loc"]))}
    # pydantic does not count faulty items
    kept = [one for one in problems if one["type"] != "too_short" or one["loc"] not in faulty_items]
    told = [f"{prefix}{_fault(problem, keys)[:_LONGEST]}" for problem in kept[:_TOLD]]
    return "; ".join([*told, f"and {len(kept) - _TOLD} more"] if len(kept) > _TOLD else told)


def _fault(problem: ErrorDetails, keys: Collection[str]) -> str:
    where = ".".join(str(part)[:100] for part in problem["loc"]) or "card"
    if problem["type"] == "extra_forbidden":
        key = str(problem["loc"][-1])[:100]
        hint = did_you_mean(key, set(keys or _all_keys()) - {key}, count=1)  # it may be a key elsewhere in a card
        return f"{where}: unknown key{hint}"
    if problem["type"] == "string_pattern_mismatch":
        pattern = problem.get("ctx", {}).get("pattern", "")
        form = FORMS.get(pattern, f"of the form {pattern}")
        return f"{where}: {problem['input'][:200]!r} is not {form}"
    if problem["type"] == "json_invalid":
        return f"{where}: {problem['msg'].replace('Invalid JSON', 'not JSON').replace(' line 1 ', ' ')}"
    if problem["type"] == "string_type":
        return f"{where}: text is needed: put it in quotes"
    return f"{where}: {problem['msg'].removeprefix('Value error, ')}"


@cache
def _all_keys() -> frozenset[str]:
    records = [kind for kind in vars(schema).values() if isinstance(kind, type)]
    return frozenset(key for kind in records if issubclass(kind, BaseModel) for key in kind.model_fields)
