"""What differs between two cards: of two models, or of two versions of one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ocrzoo_registry.cards.charsets import read_charset
from ocrzoo_registry.cards.fields import Record
from ocrzoo_registry.cards.schema import ModelCard

Kind = Literal["bytes", "figures", "text"]
"""What a change touches: what the model reads, what is stated of it, or only how it is described."""

KINDS: tuple[Kind, ...] = ("bytes", "figures", "text")
"""From the gravest; the numbers of a card's version rise in this order."""

_TEXTS = frozenset({"summary", "links", "tags", "known_digests"})
_READING = frozenset({"artifacts", "charset", "inference", "labels", "scripts", "task"})
_APART = ("languages", "metrics", "error_rates", "latency", "artifacts", "charset", "card_version")
"""Keys that are not compared value by value."""

_OF = {
    "metrics": ("name", "language", "dataset", "source"),
    "error_rates": ("engine", "precision", "batching", "pages"),
    "latency": ("device", "mode", "environment"),
}
"""What each kind of figure is of, which its key names; the rest is compared."""

SAMPLE = 20
"""Entries of a charset that are named."""


@dataclass(frozen=True)
class Change:
    """One key that differs; ``None`` where a card does not have it."""

    key: str
    before: Any
    after: Any

    @property
    def kind(self) -> Kind:
        """What it touches; a digest or size that only one card states is no other file."""
        first = self.key.partition(".")[0]
        if first == "artifacts" and isinstance(self.before, dict) and isinstance(self.after, dict):
            both = self.before.keys() & self.after.keys()
            return "bytes" if any(self.before[key] != self.after[key] for key in both) else "figures"
        return "bytes" if first in _READING else "text" if first in _TEXTS else "figures"


@dataclass(frozen=True)
class CharsetChange:
    """How the charsets of two cards differ."""

    before: int
    """Entries."""
    after: int
    added: tuple[str, ...]
    """Entries of the second only, in the order of its classes."""
    missing: tuple[str, ...]
    """Entries of the first only."""
    moved: int
    """Entries of both that are other classes."""


@dataclass(frozen=True)
class Comparison:
    """All that differs between two cards."""

    before: ModelCard
    after: ModelCard
    gained: tuple[str, ...]
    """Languages that only the second claims."""
    lost: tuple[str, ...]
    charset: CharsetChange | None
    """``None`` if the charsets are the same, or one card has none."""
    changes: tuple[Change, ...]

    @property
    def kind(self) -> Kind | None:
        """The gravest kind of change; ``None`` if the cards say the same."""
        found = {change.kind for change in self.changes}
        found |= {"bytes"} if self.charset else set()
        found |= {"figures"} if self.gained or self.lost else set()
        return next((kind for kind in KINDS if kind in found), None)

    @property
    def version_due(self) -> str | None:
        """The lowest version that the second card may have; ``None`` if its own is high enough, or cards have none."""
        old, new = self.before.card_version, self.after.card_version
        if self.before.name != self.after.name or old is None or self.kind is None:
            return None
        numbers = [int(part) for part in old.split(".")]
        place = KINDS.index(self.kind)
        due = [*numbers[:place], numbers[place] + 1, *[0] * (len(numbers) - place - 1)]
        is_high_enough = new is not None and [int(part) for part in new.split(".")] >= due
        return None if is_high_enough else ".".join(map(str, due))


def compare(before: ModelCard, after: ModelCard) -> Comparison:
    """Compare two cards, with their charsets.

    Raises:
        CardError: A charset cannot be read.
    """
    keyed: list[Callable[[ModelCard], Mapping[str, Any]]] = [_values, _figures, _files]
    return Comparison(
        before,
        after,
        tuple(tag for tag in after.languages if tag not in before.languages),
        tuple(tag for tag in before.languages if tag not in after.languages),
        _charsets(before, after),
        (*(change for of in keyed for change in _differing(of(before), of(after))), *_reordered(before, after)),
    )


def _differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    for key in dict.fromkeys([*before, *after]):
        if before.get(key) != after.get(key):
            yield Change(key, before.get(key), after.get(key))


def _values(card: ModelCard) -> dict[str, Any]:
    """Each value by its dotted key; a list is one value."""
    stated = card.model_dump(mode="json", exclude_none=True, exclude_defaults=True, exclude=set(_APART))
    values = dict(_flattened(stated))
    return values | ({} if card.charset is None else {"charset": "a text file"})


def _flattened(data: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in data.items():
        if isinstance(value, dict):
            yield from _flattened(value, f"{before}{key}.")
        else:
            yield f"{before}{key}", value


def _figures(card: ModelCard) -> dict[str, Any]:
    """Each published or measured figure by what it is of, and who verified it; several of one key are a list."""
    found: dict[str, list[Any]] = {}
    for kind, of in _OF.items():
        for figure in getattr(card, kind):
            stated = figure.model_dump(mode="json", exclude_none=True, exclude=set(of))
            verified = stated.pop("verified", None)
            found.setdefault(f"{kind}.{_label(figure, of)}", []).append(stated)
            if verified is not None:
                found.setdefault(f"verified.{_label(figure, of)}", []).append(verified)
    return {key: values[0] if len(values) == 1 else values for key, values in found.items()}


def _label(figure: Record, of: Sequence[str]) -> str:
    return ", ".join(filter(None, (getattr(figure, name) for name in of)))


def _reordered(before: ModelCard, after: ModelCard) -> Iterator[Change]:
    """The order of the error rates that both cards have: ``precision="auto"`` takes the first that will do."""
    old, new = ([_label(rate, _OF["error_rates"]) for rate in card.error_rates] for card in (before, after))
    if [one for one in old if one in new] != [one for one in new if one in old]:
        yield Change("error_rates", old, new)


def _files(card: ModelCard) -> dict[str, Any]:
    """Each file by format and path, with what is known of it; and the networks of a format, if there are several."""
    files = {
        f"artifacts.{kind}.{file.path}": file.model_dump(include={"size", "sha256"}, exclude_none=True)
        for kind, artifact in card.artifacts.items()
        for file in artifact.files
    }
    networks = {f"artifacts.{kind}.networks": [*one.networks] for kind, one in card.artifacts.items() if one.networks}
    return files | networks


def _charsets(before: ModelCard, after: ModelCard) -> CharsetChange | None:
    if before.charset is None or after.charset is None:
        return None
    old, new = (read_charset(card.folder / str(card.charset)) for card in (before, after))
    if old == new:
        return None
    known, present = set(old), set(new)
    classes = {entry: number for number, entry in enumerate(old)}
    return CharsetChange(
        len(old),
        len(new),
        tuple(entry for entry in new if entry not in known),
        tuple(entry for entry in old if entry not in present),
        sum(classes.get(entry, number) != number for number, entry in enumerate(new)),
    )
