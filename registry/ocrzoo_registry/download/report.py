"""What sources answered, and how it is told to the user when none of them helped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ocrzoo_registry.cards.schema import Format
from ocrzoo_registry.errors import IntegrityError, NotOffered, OcrzooError, OfflineError, SourceError
from ocrzoo_registry.store.store import Store

_IN_WORDS = {"unreachable", "busy", "too slow", "refused", "absent"}
"""Outcomes that are named; the others say it all in their message."""

_ADVICE = {
    "refused": "a token may be needed",
    "unreachable": "look at the network, HTTPS_PROXY and the endpoints ('ocrzoo sources check')",
    "busy": "try again later",
    "too slow": "run it again: what came is kept, and it goes on from there",
    "corrupt": "try again later, or ask another source with --source",
}


@dataclass(frozen=True)
class Attempt:
    """What one source answered."""

    source: str
    message: str
    outcome: str = "failed"
    """The word for it, such as ``absent``, ``refused``, ``unreachable``, ``busy``, ``too slow`` or ``corrupt``."""

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


def failure(
    name: str,
    folders: Mapping[Format, Path],
    faults: Mapping[Path, str | None],
    attempts: Sequence[Attempt],
    *,
    offline: bool,
    again: str = "",
) -> OcrzooError:
    """Return the error that tells of all attempts, and what to do now.

    ``folders`` is where the model would lie, in each format that would do; ``faults`` what is wrong with those that
    are there, if anything; ``again`` the command that asked for certain bytes, where any of the model would not do.
    """
    tried = "; ".join([*(f"{folder} {fault}" for folder, fault in faults.items() if fault), tell(attempts)])
    stays = [f"{folder} stays as it is" for folder, fault in faults.items() if not fault]
    pull = f"ocrzoo models pull {name}" + (f" --format {next(iter(folders))}" if len(folders) == 1 else "")
    if any_corrupt(attempts):
        advice = f"'{pull} --update' takes what is served now" if again else _ADVICE["corrupt"]
        return IntegrityError(
            f"{name}: refused, the bytes are not those promised: {'; '.join([tried, *stays, advice])}"
        )
    if offline:
        never_verified = any(map(Store.is_unverified, folders.values()))
        trust = f", take it as it is with '{pull} --trust'" if never_verified else ""
        state = " and ".join(stays) or f"not whole in {' or '.join(map(str, folders.values()))}"
        command = again or (f"{pull} --update" if stays else pull)
        return OfflineError(
            f"{name}: {state}, and the network is off limits: {tried}; "
            f"bring it with 'OCRZOO_OFFLINE=0 {command}'{trust}, or put it under OCRZOO_MODEL_PATH"
        )
    advices = [text for outcome, text in _ADVICE.items() if any(attempt.outcome == outcome for attempt in attempts)]
    if any((attempt.source, attempt.outcome) == ("mirror", "missing") for attempt in attempts):
        advices.append(f"'ocrzoo mirror build DIR {name}' adds it to a mirror, where that is made")
    advices += stays or ["a copy of it in a folder of OCRZOO_MODEL_PATH will do"]
    kind = NotOffered if all(attempt.outcome == "missing" for attempt in attempts) else SourceError
    return kind(f"{name}: no source delivered it: {tried}; {'; '.join(advices)}")
