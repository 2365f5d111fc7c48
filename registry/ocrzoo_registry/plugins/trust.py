"""Which plugins may be imported, decided by the user's settings from metadata and files alone."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint

from ocrzoo_registry.names import canonical, did_you_mean
from ocrzoo_registry.plugins.discovery import claimed_name
from ocrzoo_registry.plugins.registrations import OFFICIAL, Origin
from ocrzoo_registry.plugins.signatures import Signature, signature_of
from ocrzoo_registry.settings import Settings

log = logging.getLogger("ocrzoo")


@dataclass(frozen=True)
class Verdict:
    """Whether a plugin may be imported."""

    reason: str = ""
    """Why it may not; empty if it may."""
    tampered: bool = False
    """Whether that is because files differ from what was signed, which is a failure and not the user's choice."""
    signature: Signature = field(default_factory=Signature)
    """As far as it was looked at."""


def judge(settings: Settings, located: Sequence[tuple[Origin, EntryPoint]]) -> list[Verdict]:
    """Return the verdict on each plugin; warns of names in ``OCRZOO_PLUGINS`` that stand for no distribution."""
    allowed = None
    if settings.allowed_plugins is not None:
        _warn_of_unknown(settings.allowed_plugins, [origin for origin, _ in located])
        allowed = {canonical(name) for name in settings.allowed_plugins}
    return [_judge(settings, allowed, origin, entry) for origin, entry in located]


def _judge(settings: Settings, allowed: set[str] | None, origin: Origin, entry: EntryPoint) -> Verdict:
    if origin.distribution == OFFICIAL:
        return Verdict()
    if claimed := claimed_name(origin):
        return Verdict(f"its metadata call its distribution {claimed}, which it is not")
    if allowed is not None and canonical(origin.distribution) not in allowed:
        return Verdict(f"OCRZOO_PLUGINS does not name {origin.distribution}")
    if not settings.plugin_keys:
        return Verdict()
    signature = signature_of(entry.value, settings.plugin_keys)
    if signature.state == "signed":
        return Verdict(signature=signature)
    return Verdict(f"OCRZOO_PLUGIN_KEYS: {signature}", tampered=signature.state == "wrong", signature=signature)


def _warn_of_unknown(names: Sequence[str], origins: Sequence[Origin]) -> None:
    others = [origin for origin in origins if origin.distribution != OFFICIAL and not claimed_name(origin)]
    known = {canonical(origin.distribution): origin.distribution for origin in others}
    for name in names:
        if canonical(name) in known or canonical(name) == OFFICIAL:
            continue
        owners = sorted({origin.distribution for origin in others if origin.plugin == name})
        hint = f": name its distribution, {' or '.join(owners)}" if owners else did_you_mean(name, known.values())
        log.warning("OCRZOO_PLUGINS: no installed distribution with plugins is called %r%s", name, hint)
