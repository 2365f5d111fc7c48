"""Sessions around a session: one that keeps what it was given, and one that alters it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ocrzoo.engines.base import TensorSpec

_OTHER_WAYS = {"run_all", "run_reduced"}
"""Optional ways to run a network; a predictor that is not offered them calls ``run``."""

MOST_KEPT = 8
"""Calls that are kept."""


class _Around:
    """A session that has what the other has, apart from the optional ways to run it."""

    def __init__(self, session: Any) -> None:
        self._session = session

    @property
    def inputs(self) -> tuple[TensorSpec, ...]:
        """The network's inputs."""
        found: tuple[TensorSpec, ...] = self._session.inputs
        return found

    def __getattr__(self, name: str) -> Any:
        if name in _OTHER_WAYS or name.startswith("__"):
            raise AttributeError(name)
        return getattr(self._session, name)


class Recorder(_Around):
    """A session that keeps the first inputs and outputs."""

    def __init__(self, session: Any) -> None:
        super().__init__(session)
        self.calls: list[tuple[tuple[Any, ...], Any]] = []

    def run(self, batch: Any, *more: Any) -> Any:
        """Run the network."""
        output = self._session.run(batch, *more)
        if len(self.calls) < MOST_KEPT:
            self.calls.append(((batch, *more), output))
        return output


class Altered(_Around):
    """A session whose network is given another form of each input."""

    def __init__(self, session: Any, alter: Callable[[Any], Any]) -> None:
        super().__init__(session)
        self._alter = alter

    def run(self, batch: Any, *more: Any) -> Any:
        """Run the network on the altered input."""
        return self._session.run(self._alter(batch), *more)
