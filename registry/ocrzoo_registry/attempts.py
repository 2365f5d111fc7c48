"""What sources answered, and how it is told to the user when none of them helped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ocrzoo_registry.cards import Format
from ocrzoo_registry.errors import IntegrityError, OcrzooError, OfflineError, SourceError
from ocrzoo_registry.store import MANIFEST_NAME

_IN_WORDS = {"unreachable", "too slow", "refused", "absent"}
"""Outcomes that are named; the others say it all in their message."""

_ADVICE = {
    "refused": "a token may be needed (HF_TOKEN, MODELSCOPE_API_TOKEN, AISTUDIO_ACCESS_TOKEN)",
    "unreachable": "look at the network, HTTPS_PROXY and the endpoints ('ocrzoo sources check')",
    "too slow": "run it again: what came is kept, and it goes on from there",
}


@dataclass(frozen=True)
class Attempt:
    """What one source answered."""

    source: str
    message: str
    outcome: str = "failed"
    """``absent``, ``refused``, ``unreachable``, ``too slow``, ``corrupt``, ``offline``, ``disk`` or ``failed``."""

    @classmethod
    def failed(cls, source: str, error: SourceError | IntegrityError) -> Attempt:
        """Note what a source failed with."""
        return cls(source, str(error), error.outcome)


def any_corrupt(attempts: Sequence[Attempt]) -> bool:
    """Whether a source delivered bytes that are not those promised."""
    return any(attempt.outcome == "corrupt" for attempt in attempts)


def tell(attempts: Sequence[Attempt]) -> str:
    """Say what came of the attempts, sources with the same outcome together."""
    by_outcome: dict[str, dict[str, None]] = {}
    for attempt in attempts:
        named = attempt.outcome in _IN_WORDS
        text = f"{attempt.outcome} ({attempt.message})" if named else attempt.message
        by_outcome.setdefault(text, {})[attempt.source] = None
    return "; ".join(f"{', '.join(sources)}: {text}" for text, sources in by_outcome.items())


def failure(name: str, folders: Mapping[Format, Path], attempts: Sequence[Attempt], *, offline: bool) -> OcrzooError:
    """Return the error that tells of all attempts, and what to do now.

    ``folders`` is where the model would lie, in each format that would do.
    """
    tried = tell(attempts)
    pull = f"ocrzoo models pull {name}" + (f" --format {next(iter(folders))}" if len(folders) == 1 else "")
    if any_corrupt(attempts):
        return IntegrityError(f"{name}: refused, the bytes are not those promised: {tried}")
    if offline:
        unverified = [at for at in folders.values() if at.is_dir() and not (at / MANIFEST_NAME).exists()]
        trust = f"; {unverified[0]} was never verified, '{pull} --trust' takes it as it is" if unverified else ""
        return OfflineError(
            f"{name}: not in {' or '.join(map(str, folders.values()))}, and the network is off limits: {tried}{trust}; "
            f"bring it with 'OCRZOO_OFFLINE=0 {pull}', or put it under OCRZOO_MODEL_PATH"
        )
    advice = [text for outcome, text in _ADVICE.items() if any(attempt.outcome == outcome for attempt in attempts)]
    return SourceError(
        f"{name}: no source delivered it: {tried}; "
        f"{'; '.join([*advice, 'or put it into a folder of OCRZOO_MODEL_PATH'])}"
    )
