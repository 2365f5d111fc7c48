"""Things that plugins offer by name, and who offers them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from ocrzoo_registry.errors import AmbiguousName, OcrzooError, UsageError
from ocrzoo_registry.names import did_you_mean

T = TypeVar("T")
log = logging.getLogger("ocrzoo")

_FEW = 8
"""So many names are listed whole when an unknown one is asked for."""


@dataclass(frozen=True)
class Origin:
    """The plugin, and the distribution it came with."""

    plugin: str
    distribution: str
    version: str

    def __str__(self) -> str:
        """Return ``'name' (distribution version)``."""
        return f"{self.plugin!r} ({self.distribution} {self.version})"


OFFICIAL = "ocrzoo"
"""The distribution whose names others cannot take."""


@dataclass(frozen=True)
class Registration(Generic[T]):
    """Something on offer, and its origin."""

    value: T
    origin: Origin


class Registrations(Generic[T]):
    """What is on offer, by name.

    A name that two plugins offer is refused, not guessed; an official name stays with ocrzoo, and the
    other offer is refused.
    """

    def __init__(
        self,
        kind: str,
        offers: Iterable[Registration[T]],
        name_of: Callable[[T], str],
        missing: type[OcrzooError] = UsageError,
    ) -> None:
        """``kind`` and ``missing`` word and type the error for an unknown name."""
        self._kind, self._missing = kind, missing
        by_name: dict[str, list[Registration[T]]] = {}
        for offer in offers:
            by_name.setdefault(name_of(offer.value), []).append(offer)
        self._offers = {name: found[0] for name, found in sorted(by_name.items()) if len(found) == 1}
        self.conflicts = {
            name: tuple(offer.origin for offer in found) for name, found in by_name.items() if len(found) > 1
        }
        for name in self.conflicts:
            official = [offer for offer in by_name[name] if offer.origin.distribution == OFFICIAL]
            if len(official) == 1:
                self._offers[name] = official[0]
                log.warning(self.describe_conflict(name))
        self._offers = dict(sorted(self._offers.items()))
        """Names that several plugins offer, with all of those."""

    def __iter__(self) -> Iterator[T]:
        """Iterate over what is on offer, by name."""
        return (offer.value for offer in self._offers.values())

    def __len__(self) -> int:
        """Return how many names can be had."""
        return len(self._offers)

    def __contains__(self, name: str) -> bool:
        """Whether the name can be had."""
        return name in self._offers

    @property
    def names(self) -> list[str]:
        """All names that can be had, sorted."""
        return list(self._offers)

    def origin(self, name: str) -> Origin:
        """Return who offers the name."""
        self.get(name)
        return self._offers[name].origin

    def get(self, name: str) -> T:
        """Return what bears this name.

        Raises:
            AmbiguousName: Two plugins offer it, and neither is ocrzoo.
            UsageError: None does (or the error class given at construction).
        """
        if name in self.conflicts and name not in self._offers:
            raise AmbiguousName(self.describe_conflict(name))
        if name not in self._offers:
            raise self._missing(f"no {self._kind} is called {name!r}{self._hint(name)}")
        return self._offers[name].value

    def _hint(self, name: str) -> str:
        if len(self._offers) <= _FEW:
            return f": there are {', '.join(self._offers) or 'none'}"
        return did_you_mean(name, self._offers)

    def describe_conflict(self, name: str) -> str:
        """Say who offers the name twice, and what to do about it."""
        rivals = sorted(self.conflicts[name], key=lambda origin: origin.distribution != OFFICIAL)
        taken = f"{self._kind} {name!r} is offered by {' and '.join(map(str, rivals))}: "
        if len(set(rivals)) == 1:
            return f"{taken}give one another name"
        if name in self._offers:
            return f"{taken}the official one is used; give the other another name"
        return f"{taken}uninstall one, or leave one out with OCRZOO_DISABLE_PLUGINS={rivals[-1].plugin}"
