"""Values that plugins register by name, and the plugin of each."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from ocrzoo_registry.errors import AmbiguousName, OcrzooError, UsageError
from ocrzoo_registry.names import canonical, did_you_mean

T = TypeVar("T")
log = logging.getLogger("ocrzoo")

_FEW = 8
"""Up to this many names, an unknown name is answered with all of them."""


@dataclass(frozen=True)
class Origin:
    """A plugin and its distribution."""

    plugin: str
    distribution: str
    version: str

    def __str__(self) -> str:
        """Return ``'name' (distribution version)``."""
        return f"{self.plugin!r} ({self.distribution} {self.version})"


OFFICIAL = "ocrzoo"
"""The distribution whose names no other can take."""

MIRRORED = Origin("mirror", "the mirror's", "cards")
"""The origin of cards that a trusted mirror has, which are of no plugin and name no sources."""


@dataclass(frozen=True)
class Registration(Generic[T]):
    """A registered value and its origin."""

    value: T
    origin: Origin


class Registrations(Generic[T]):
    """Registered values by name.

    A name that two plugins register is ambiguous and refused; ocrzoo's own names win, unless the user chose another.
    """

    def __init__(
        self,
        kind: str,
        registrations: Iterable[Registration[T]],
        name_of: Callable[[T], str],
        missing: type[OcrzooError] = UsageError,
        advice: str = "",
        *,
        chosen: Mapping[str, str] | None = None,
        kept_out: str = "",
    ) -> None:
        """``kind`` is the word, ``missing`` the type, and ``advice`` the next step of the error for an unknown name.

        ``chosen`` has the distribution whose value the user wants, by name (``OCRZOO_OVERRIDE``); ``kept_out`` says
        which plugins are not allowed, and is told where a name is unknown.
        """
        self._kind, self._name_of, self._missing, self._advice = kind, name_of, missing, advice
        self._kept_out, self._chosen = kept_out, dict(chosen or {})
        by_name: dict[str, list[Registration[T]]] = {}
        for one in registrations:
            by_name.setdefault(name_of(one.value), []).append(one)
        found = {name: same[0] for name, same in by_name.items() if len(same) == 1}
        self.conflicts = {name: tuple(one.origin for one in same) for name, same in by_name.items() if len(same) > 1}
        """Names that several plugins register, with all of these plugins."""
        for name in self.conflicts:
            for wanted in filter(None, (OFFICIAL, self._chosen.get(name))):
                preferred = [one for one in by_name[name] if canonical(one.origin.distribution) == canonical(wanted)]
                if len(preferred) == 1:
                    found[name] = preferred[0]
        for name, distribution in self._chosen.items():
            holders = {canonical(one.origin.distribution): one.origin.distribution for one in by_name.get(name, [])}
            if canonical(distribution) not in holders:
                hint = did_you_mean(distribution, holders.values()) if holders else did_you_mean(name, by_name)
                log.warning("OCRZOO_OVERRIDE: %s has no %s %r%s", distribution, kind, name, hint)
        self._by_name = dict(sorted(found.items()))
        for name in self.conflicts.keys() & found.keys():
            log.warning(self.describe_conflict(name))

    def __iter__(self) -> Iterator[T]:
        """Iterate over the values by name."""
        return (one.value for one in self._by_name.values())

    def __len__(self) -> int:
        """Return the number of names."""
        return len(self._by_name)

    def __contains__(self, name: str) -> bool:
        """Whether the name is registered and unambiguous."""
        return name in self._by_name

    @property
    def names(self) -> list[str]:
        """All unambiguous names, sorted."""
        return list(self._by_name)

    def origin(self, name: str) -> Origin:
        """Return the plugin that registers the name."""
        return self._by_name[self._name_of(self.get(name))].origin

    def get(self, name: str) -> T:
        """Return the value with this name.

        Raises:
            AmbiguousName: Two plugins register it, and neither is ocrzoo.
            UsageError: It is unknown (or the error class given at construction).
        """
        if name in self.conflicts and name not in self._by_name:
            raise AmbiguousName(self.describe_conflict(name))
        if name not in self._by_name:
            kept_out = f" ({self._kept_out})" if self._kept_out else ""
            raise self._missing(f"no {self._kind} is called {name!r}{self._hint(name)}{kept_out}")
        return self._by_name[name].value

    def _hint(self, name: str) -> str:
        if len(self._by_name) <= _FEW:
            return f": choose {', '.join(self._by_name)}" if self._by_name else ""
        return self._nearest(name) or (f". {self._advice}" if self._advice else "")

    def _nearest(self, name: str) -> str:
        return did_you_mean(name, self._by_name)

    def describe_conflict(self, name: str) -> str:
        """Return which plugins register the name, and how to resolve the conflict."""
        rivals = sorted(self.conflicts[name], key=lambda origin: origin.distribution != OFFICIAL)
        if len(set(rivals)) == 1:
            return f"{self._kind} {name!r} is registered more than once by {rivals[0]}: rename one of them"
        taken = f"{self._kind} {name!r} is registered by {' and '.join(map(str, rivals))}: "
        if name in self._by_name:
            used = self._by_name[name].origin
            if used.distribution == OFFICIAL:
                return f"{taken}the official one is used; rename the other"
            return f"{taken}that of {used.distribution} is used, as OCRZOO_OVERRIDE says"
        return f"{taken}uninstall one, or disable one with OCRZOO_DISABLE_PLUGINS={rivals[-1].plugin}"
