"""Sessions around a session: one that keeps what it was given, and one that alters it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ocrzoo.engines.base import TensorSpec

_OTHER_WAY = "run_reduced"
"""An optional way to run a network; a predictor that is not offered it calls ``run``."""

MOST_KEPT = 8
"""Calls that are kept."""


class _Around:
    """A session that has what the other has, apart from an optional way to run it."""

    def __init__(self, session: Any) -> None:
        self._session = session

    @property
    def inputs(self) -> tuple[TensorSpec, ...]:
        """The network's inputs."""
        found: tuple[TensorSpec, ...] = self._session.inputs
        return found

    def __getattr__(self, name: str) -> Any:
        if name == _OTHER_WAY or name.startswith("__"):
            raise AttributeError(name)
        return getattr(self._session, name)


class Recorder(_Around):
    """A session that keeps the first inputs, and the first output for each."""

    def __init__(self, session: Any) -> None:
        super().__init__(session)
        self.calls: list[tuple[Any, Any]] = []

    def run(self, batch: Any) -> Any:
        """Run the network."""
        return self._kept(batch, (self._session.run(batch),))[0]

    def run_all(self, batch: Any) -> tuple[Any, ...]:
        """Run the network, and return all its outputs."""
        return self._kept(batch, self._session.run_all(batch))

    def _kept(self, batch: Any, outputs: tuple[Any, ...]) -> tuple[Any, ...]:
        if len(self.calls) < MOST_KEPT:
            self.calls.append((batch, outputs[0]))
        return outputs


class Altered(_Around):
    """A session whose network is given another form of each input."""

    def __init__(self, session: Any, alter: Callable[[Any], Any]) -> None:
        super().__init__(session)
        self._alter = alter

    def run(self, batch: Any) -> Any:
        """Run the network on the altered input."""
        return self._session.run(self._alter(batch))

    def run_all(self, batch: Any) -> tuple[Any, ...]:
        """Run the network on the altered input, and return all its outputs."""
        outputs: tuple[Any, ...] = self._session.run_all(self._alter(batch))
        return outputs
