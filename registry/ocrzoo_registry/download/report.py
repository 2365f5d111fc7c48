"""What the sources answered, and the error message when all of them failed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from ocrzoo_registry.cards.fields import Format
from ocrzoo_registry.errors import Attempt, IntegrityError, NotOffered, OcrzooError, OfflineError, SourceError
from ocrzoo_registry.store.store import Store

_NAMED = {"unreachable", "busy", "too slow", "refused", "absent"}
"""Outcomes that are named; of the others the message says enough."""

_COPY = "Put a copy in a folder of OCRZOO_MODEL_PATH"

_ADVICE = {
    "refused": "A token may be needed",
    "busy": "Try again later",
    "too slow": "Run the command again to resume the download",
    "unreachable": "Check the network or HTTPS_PROXY ('ocrzoo sources check')",
}
"""The next step by outcome, the most useful one first."""

log = logging.getLogger("ocrzoo")


def any_corrupt(attempts: Sequence[Attempt]) -> bool:
    """Whether a source delivered other bytes than expected."""
    return any(attempt.outcome == "corrupt" for attempt in attempts)


def describe(attempts: Sequence[Attempt]) -> str:
    """Describe attempts in full, sources with the same outcome together."""
    return "; ".join(f"{', '.join(sources)}: {text}" for text, sources in _grouped(attempts, _in_full).items())


def _grouped(attempts: Iterable[Attempt], key: Callable[[Attempt], str]) -> dict[str, dict[str, None]]:
    """Return the sources by what they have in common, each once, in the order of the attempts."""
    groups: dict[str, dict[str, None]] = {}
    for attempt in attempts:
        groups.setdefault(key(attempt), {})[attempt.source] = None
    return groups


def _in_full(attempt: Attempt) -> str:
    return f"{attempt.outcome} ({attempt.message})" if attempt.outcome in _NAMED else attempt.message


def failure(
    name: str,
    folders: Mapping[Format, Path],
    faults: Mapping[Path, str | None],
    attempts: Sequence[Attempt],
    *,
    offline: bool,
    command: str = "",
    online_sources: bool = True,
) -> OcrzooError:
    """Return the error of a model that could not be downloaded: one line, with the next step.

    Its ``attempts`` say what each source answered; so does the log at debug level.

    ``folders`` are the model's folders in the store, by the formats that were requested; ``faults`` what is wrong
    with those that exist, if anything; ``command`` the command that requested certain files, if any;
    ``online_sources``: a source that offline mode excludes may have the model.
    """
    for attempt in attempts:
        log.debug("%s from %s: %s: %s", name, attempt.source, attempt.outcome, attempt.message)
    title = f"{name} ({next(iter(folders))})" if len(folders) == 1 else name
    pull = f"ocrzoo models pull {name}" + (f" --format {next(iter(folders))}" if len(folders) == 1 else "")
    if any_corrupt(attempts):
        error: OcrzooError = IntegrityError(_corrupt(title, faults, attempts, f"'{pull} --update'" if command else ""))
    elif offline:
        error = OfflineError(_offline(title, folders, faults, attempts, pull, command, online_sources=online_sources))
    else:
        kind = NotOffered if all(attempt.outcome == "missing" for attempt in attempts) else SourceError
        error = kind(_failed(title, name, faults, attempts))
    error.attempts = tuple(attempts)
    return error


def _corrupt(title: str, faults: Mapping[Path, str | None], attempts: Sequence[Attempt], update: str) -> str:
    corrupt = {attempt.source for attempt in attempts if attempt.outcome == "corrupt"}
    details = describe([attempt for attempt in attempts if attempt.source in corrupt])
    step = f"Run {update} to use what is served now" if update else "Try again later, or another source with --source"
    if {attempt.source for attempt in attempts} == {"bundle"}:
        step = "Copy the bundle again"
    elif corrupt == {"mirror"} and not update:
        step = "Repair the mirror with 'ocrzoo mirror build DIR --deep', or name another source with --source"
    elif corrupt == {"directory"} and not update:
        step = "Replace them, or correct what the model's card says of them"
    return f"{title} was refused, its files are not the expected ones: {details}. {step}.{_unchanged(faults)}"


def _offline(
    title: str,
    folders: Mapping[Format, Path],
    faults: Mapping[Path, str | None],
    attempts: Sequence[Attempt],
    pull: str,
    command: str,
    *,
    online_sources: bool,
) -> str:
    broken = [f"{folder} {fault}" for folder, fault in faults.items() if fault]
    intact = [folder for folder, fault in faults.items() if not fault]
    local = [attempt for attempt in attempts if attempt.outcome not in {"offline", "missing"}] + _detailed(attempts)
    state = "cannot be updated" if intact else "is not usable" if broken else "is not cached"
    reasons = "; ".join([*broken, *([describe(local)] if local else [])])
    state += f" ({reasons})" if reasons else ""
    steps = [f"run 'OCRZOO_OFFLINE=0 {command or (f'{pull} --update' if intact else pull)}'"] if online_sources else []
    if any(map(Store.is_unverified, folders.values())):
        steps.append(f"accept it unverified with '{pull} --trust'")
    steps.append("or add its folder to OCRZOO_MODEL_PATH" if steps else "add its folder to OCRZOO_MODEL_PATH")
    step = ", ".join(steps)
    return f"{title} {state} and offline mode is on. {step[0].upper()}{step[1:]}.{_unchanged(faults)}"


def _failed(title: str, name: str, faults: Mapping[Path, str | None], attempts: Sequence[Attempt]) -> str:
    sources = dict.fromkeys(attempt.source for attempt in attempts)
    broken = [f"{folder} {fault}" for folder, fault in faults.items() if fault]
    why = "; ".join([_reason(attempts, len(sources)), *broken])
    return f"{title} could not be downloaded: {why}. {_next_step(name, attempts)}.{_unchanged(faults)}"


def _reason(attempts: Sequence[Attempt], count: int) -> str:
    """Say in one breath why all sources failed; of a single one in full."""
    if not attempts:
        return "no source was asked"
    if count == 1:
        return describe(attempts)
    by_outcome = _grouped(attempts, lambda attempt: attempt.outcome)
    if by_outcome.keys() == {"missing"}:
        detailed = _detailed(attempts)
        return f"no source has it ({count} sources tried{f'; {describe(detailed)}' if detailed else ''})"
    by_outcome.pop("missing", None)
    asked = len({source for sources in by_outcome.values() for source in sources})
    tried = f"({asked} source{'s' * (asked != 1)} tried)"
    if by_outcome.keys() == {"unreachable"}:
        messages = {attempt.message for attempt in attempts if attempt.outcome == "unreachable"}
        return f"{messages.pop() if len(messages) == 1 else 'no network'} {tried}"
    brief = _NAMED - {"refused"}  # whose message names the token to set
    named = [f"{', '.join(sources)} {outcome}" for outcome, sources in by_outcome.items() if outcome in brief]
    others = [attempt for attempt in attempts if attempt.outcome not in {*brief, "missing"}]
    return f"{'; '.join([*named, *([describe(others)] if others else [])])} {tried}"


def _detailed(attempts: Iterable[Attempt]) -> list[Attempt]:
    """The attempts with sources that do not have the model and say where they looked."""
    return [attempt for attempt in attempts if attempt.explained]


def _next_step(name: str, attempts: Sequence[Attempt]) -> str:
    outcomes = {attempt.outcome for attempt in attempts}
    if outcomes - {"missing"} == {"unreachable"} and len({attempt.source for attempt in attempts}) > 1:
        return f"{_ADVICE['unreachable']}, or {_COPY[0].lower()}{_COPY[1:]}"
    if {attempt.source for attempt in attempts} == {"bundle"}:
        return "Copy the bundle again"
    if any((attempt.source, attempt.outcome) == ("mirror", "missing") for attempt in attempts):
        return f"Add it to the mirror with 'ocrzoo mirror build DIR {name}'"
    return next((text for outcome, text in _ADVICE.items() if outcome in outcomes), _COPY)


def _unchanged(faults: Mapping[Path, str | None]) -> str:
    return "".join(f" {folder} is unchanged." for folder, fault in faults.items() if not fault)
