"""Drafting a card for a command: what there is of a model is gathered, and what nobody knows is asked on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ocrzoo.cli.options import together
from ocrzoo.cli.output import stderr_is_terminal
from ocrzoo.cli.values import LANGUAGES, TASK
from ocrzoo_registry.errors import OcrzooError, UsageError
from ocrzoo_registry.names import did_you_mean

if TYPE_CHECKING:
    from ocrzoo_registry.drafting.draft import Draft
    from ocrzoo_registry.drafting.facts import ModelFacts, Statements
    from ocrzoo_registry.drafting.weights import Weights
    from ocrzoo_registry.zoo import Zoo

_CHECKPOINTS = {".ckpt", ".pdparams", ".pt", ".pth"}

statement_options = together(
    click.option("--task", metavar="TASK", type=TASK, help="What the model does.  [as its files say]"),
    click.option(
        "--charset",
        metavar="FILE",
        type=click.Path(path_type=Path, exists=True, dir_okay=False),
        help="The dictionary that a recognizer was trained with, one entry a line.  [that in its files]",
    ),
    click.option("--lang", metavar="TAG[,TAG]", type=LANGUAGES, help="The languages that it reads, such as vi,en."),
    click.option("--license", "license_", metavar="SPDX", help="The license of the weights, such as Apache-2.0."),
    click.option("--summary", metavar="TEXT", help="What the model is good for."),
)
"""Adds the options that state what files do not say; :func:`statements` reads them."""


@dataclass(frozen=True)
class Gathered:
    """What there is of a model."""

    facts: ModelFacts
    weights: Weights | None
    """On this machine, to be copied; ``None`` where the card names where they are."""


def statements(
    zoo: Zoo, task: str | None, charset: Path | None, lang: str | None, license_: str | None, summary: str | None
) -> Statements:
    """Read the options of :data:`statement_options`.

    Raises:
        UsageError: The license is no SPDX expression, or the task is unknown.
        UnknownLanguage: There is no such language.
        CardError: The dictionary cannot be read.
    """
    from ocrzoo_registry.drafting.facts import Statements

    if task is not None:
        _known_task(zoo, task)
    license_ = None if license_ is None else _spdx(license_)
    entries = None if charset is None else _charset(charset)
    return Statements(task, entries, _tags(lang) if lang else (), license_, summary)


def gather(zoo: Zoo, origin: str | None, beside: str) -> Gathered:
    """Return what there is of a model at an address, in a folder, or in a file.

    ``beside`` is the folder, relative to the card, that its weights will be in.

    Raises:
        UsageError: There is no model.
        OcrzooError: A repository cannot be read.
    """
    from ocrzoo_registry.cards.address import is_address, parse_address
    from ocrzoo_registry.drafting.facts import ModelFacts

    if origin is None:
        return Gathered(ModelFacts({}, {"directory": {"onnx": {"path": beside}}}), None)
    if is_address(origin) and (address := parse_address(origin)).path is None:
        return _of_hub(zoo, str(address))
    path = Path(origin).expanduser()
    if path.suffix == ".tar":
        return _of_hub(zoo, f"./{path}" if not path.is_absolute() else str(path), beside)
    return _of_path(path, beside)


def _of_hub(zoo: Zoo, address: str, beside: str | None = None) -> Gathered:
    """What a repository has, which its card then names; what a tar has is copied."""
    from ocrzoo_registry.cards.inference_yml import FILE_NAME, read
    from ocrzoo_registry.cards.to_fill import MARK
    from ocrzoo_registry.download.request import DownloadRequest
    from ocrzoo_registry.drafting import front_matter
    from ocrzoo_registry.drafting.weights import Weights

    card = zoo.models.get(address)
    files = zoo.resolver.get(DownloadRequest(card, zoo.readable_formats))
    assert files.manifest is not None  # noqa: S101  # of the store
    kind, served = files.file_format, files.manifest.served
    weights = Weights(kind, {file.path: files.folder / file.path for file in served if file.path != FILE_NAME})
    config = read(files.folder) if len(weights.files) < len(served) else None
    stated = {**front_matter.written(card), "summary": None if card.summary.startswith(MARK) else card.summary}
    if beside is not None:
        copied = {"directory": {kind: {"path": beside}}}
        return Gathered(_facts({kind: weights.listed()}, copied, weights, config, stated), weights)
    sources = {name: {kind: places[kind]} for name, places in card.sources.items() if kind in places}
    fields = {"path", "size", "sha256", "digest_origin"}
    listed = {kind: [file.model_dump(include=fields) for file in served]}
    return Gathered(_facts(listed, sources, weights, config, stated), None)


def _of_path(path: Path, beside: str) -> Gathered:
    """What a folder has, or a single file of weights."""
    from ocrzoo_registry.cards.formats import describe_files, format_names
    from ocrzoo_registry.drafting.weights import weights_at

    if not path.exists():
        raise UsageError(f"{path} does not exist: name a folder, a file of weights, or hf://org/name")
    if path.suffix in _CHECKPOINTS:
        raise UsageError(f"{path} is a checkpoint of training: export it to ONNX first, and name that file")
    weights = weights_at(path)
    if weights is None:
        needed = "; ".join(f"{kind}: {describe_files(kind)}" for kind in format_names())
        raise UsageError(f"{path} has no weights ({needed})")
    return Gathered(facts_at(path, weights, beside, read_front_matter(path)), weights)


def facts_at(path: Path, weights: Weights | None, beside: str, stated: Mapping[str, Any]) -> ModelFacts:
    """Return what weights and the ``inference.yml`` beside them say; ``stated`` is the front matter there.

    Raises:
        OcrzooError: A file cannot be read, or is broken.
    """
    from ocrzoo_registry.cards.inference_yml import FILE_NAME, read
    from ocrzoo_registry.drafting.facts import ModelFacts

    config = read(path) if (path / FILE_NAME).is_file() else None
    if weights is None:
        return ModelFacts({}, {}, config, stated)
    kind = weights.file_format
    return _facts({kind: weights.listed()}, {"directory": {kind: {"path": beside}}}, weights, config, stated)


def read_front_matter(folder: Path) -> Mapping[str, Any]:
    """Return the front matter of a folder's ``README.md``; nothing if there is none.

    Raises:
        CardError: It is not valid.
    """
    from ocrzoo_registry.drafting import front_matter
    from ocrzoo_registry.files import os_errors_as

    readme = folder / front_matter.README
    if not readme.is_file():
        return {}
    with os_errors_as(UsageError, f"{readme} could not be read"):
        return front_matter.of_readme(readme, str(readme))


def _facts(
    files: Mapping[str, Any],
    sources: Mapping[str, Any],
    weights: Weights,
    config: Mapping[str, Any] | None,
    stated: Mapping[str, Any],
) -> ModelFacts:
    from ocrzoo.engines.facts import network_facts
    from ocrzoo_registry.drafting.facts import ModelFacts

    return ModelFacts(files, sources, config, stated, network_facts(weights.files))


def ask(zoo: Zoo, draft: Draft, stated: Statements) -> Statements:
    """Ask on a terminal for what is to be filled in; an empty answer leaves it. Elsewhere nothing is asked."""
    from ocrzoo_registry.cards.to_fill import MARK

    if not (sys.stdin is not None and sys.stdin.isatty() and stderr_is_terminal()):
        return stated
    answers: dict[str, Any] = {}
    unfilled = set(draft.unfilled)
    if draft.data["task"] == MARK:
        answers["task"] = _answer("Task", lambda text: _known_task(zoo, text))
        unfilled |= {"charset"} if answers["task"] == "text_recognition" else set()
    for key, question, read in (
        ("charset", "Dictionary that it was trained with, a file with one entry a line", _charset),
        ("languages", "Languages, such as vi,en", _tags),
        ("license", "License of the weights, such as Apache-2.0", _spdx),
        ("summary", "What is it good for", str),
    ):
        if key in unfilled:
            answers[key] = _answer(question, read)
    return replace(stated, **{key: value for key, value in answers.items() if value})


def _answer(question: str, read: Any) -> Any:
    """An answer that can be read; asked again until it is, or is empty."""
    while text := click.prompt(f"{question} (Enter: later)", default="", show_default=False, err=True).strip():
        try:
            return read(text)
        except OcrzooError as error:
            click.echo(str(error), err=True)
    return None


def _known_task(zoo: Zoo, text: str) -> str:
    known = sorted(zoo.models.tasks)
    if text not in known:
        raise UsageError(f"task {text!r} is unknown: choose {', '.join(known)}{did_you_mean(text, known)}")
    return text


def _charset(path: str | Path) -> tuple[str, ...]:
    from ocrzoo_registry.cards.charsets import read_charset

    return read_charset(Path(path).expanduser())


def _tags(text: str) -> tuple[str, ...]:
    from ocrzoo_registry.languages.tags import parse_languages

    return tuple(one.tag for one in parse_languages(text))


def _spdx(text: str) -> str:
    from ocrzoo_registry.cards.spdx import spdx

    found = spdx(text)
    if found is None:
        raise UsageError(f"license {text!r} is not an SPDX expression, such as Apache-2.0, MIT or LicenseRef-Own")
    return found
