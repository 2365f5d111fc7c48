"""Pulling several models side by side; what fails costs itself only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from ocrzoo_registry.download.resolver import Resolver
from ocrzoo_registry.errors import OcrzooError, StoreError
from ocrzoo_registry.store.store import ModelFiles

Thing = TypeVar("Thing")
Result = TypeVar("Result")

SIDE_BY_SIDE = 3
"""Models on their way at once; each has several files of its own."""


@dataclass(frozen=True)
class Pull:
    """One model to bring."""

    name: str
    bring: Callable[[], ModelFiles]


@dataclass(frozen=True)
class Pulled:
    """What came of it."""

    name: str
    files: ModelFiles | None
    error: OcrzooError | None = None


def pull_all(resolver: Resolver, pulls: Sequence[Pull]) -> list[Pulled]:
    """Bring all models, in any order, and tell of each in the order given; Ctrl-C ends all transfers."""
    return side_by_side(resolver, _pull, pulls)


def side_by_side(
    resolver: Resolver, do: Callable[[Thing], Result], things: Iterable[Thing], width: int = SIDE_BY_SIDE
) -> list[Result]:
    """Do something with ``width`` things at once; results come in the order of the things.

    What it raises, and Ctrl-C, calls off all that the resolver transfers, so that nobody waits for the others.
    """
    with ThreadPoolExecutor(width) as pool:
        try:
            return list(pool.map(do, things))
        except BaseException:  # Ctrl-C too: leaving the pool would wait for every transfer
            resolver.cancelled.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _pull(pull: Pull) -> Pulled:
    try:
        return Pulled(pull.name, pull.bring())
    except OcrzooError as error:
        return Pulled(pull.name, None, error)
    except OSError as error:  # a folder or charset of this model that cannot be read
        return Pulled(pull.name, None, StoreError(f"{pull.name}: {error}"))
