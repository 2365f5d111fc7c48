"""Plugins as the metadata of installed distributions names them; nothing of a plugin is imported or called."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from email.parser import HeaderParser
from importlib.metadata import Distribution, EntryPoint, distributions, entry_points

from ocrzoo_registry.names import canonical
from ocrzoo_registry.plugins.hookspecs import ENTRY_POINT_GROUP
from ocrzoo_registry.plugins.registrations import OFFICIAL, Origin

log = logging.getLogger("ocrzoo")

OFFICIAL_PLUGINS = {
    "core": "ocrzoo.builtin",
    "lcnet": "ocrzoo_lcnet",
    "multilingual": "ocrzoo_multilingual",
    "ppocrv3": "ocrzoo_ppocrv3",
    "ppocrv4": "ocrzoo_ppocrv4",
    "ppocrv5": "ocrzoo_ppocrv5",
    "ppocrv6": "ocrzoo_ppocrv6",
    "svtr": "ocrzoo_svtr",
    "uvdoc": "ocrzoo_uvdoc",
}
"""The plugins that come with ocrzoo: any wheel can bring metadata that calls its distribution ``ocrzoo``."""

_NAMELESS = "unknown distribution"
_DOUBT = "?"
"""Ends the name of a distribution that its metadata have no right to."""
_INFO = ".dist-info"


def discover() -> list[EntryPoint]:
    """Find the plugins of all distributions; skip one whose ``entry_points.txt`` cannot be read."""
    try:
        return list(entry_points(group=ENTRY_POINT_GROUP))
    except Exception:
        found: list[EntryPoint] = []
        for distribution in distributions():
            try:
                found.extend(distribution.entry_points.select(group=ENTRY_POINT_GROUP))
            except Exception as error:
                name, reason = _name_and_version(distribution)[0], " ".join(str(error).split())
                log.warning("%s: its entry points could not be read: %s", name, reason)
        return found


def in_order(found: Iterable[EntryPoint]) -> list[tuple[Origin, EntryPoint]]:
    """Entry points with their origins, sorted by name; the metadata of each distribution is parsed once."""
    named: dict[int, tuple[str, str]] = {}
    located = []
    official = dict(OFFICIAL_PLUGINS)
    for entry in found:
        key = id(entry.dist)
        if key not in named:
            name, version = _name_and_version(entry.dist)
            named[key] = (name if _is_own_name(entry.dist, name) else f"{name}{_DOUBT}"), version
        name, version = named[key]
        if canonical(name) == OFFICIAL:  # each plugin once: what repeats one is a copy of the metadata
            is_official = official.get(entry.name) == entry.value and official.pop(entry.name)
            name = OFFICIAL if is_official else f"{name}{_DOUBT}"
        located.append((Origin(entry.name, name, version), entry))
    return sorted(located, key=lambda pair: (pair[0].plugin, pair[0].distribution))


def claimed_name(origin: Origin) -> str:
    """Return the distribution that a plugin's metadata pass it off as; empty if they are believed."""
    return origin.distribution.removesuffix(_DOUBT) if origin.distribution.endswith(_DOUBT) else ""


def _is_own_name(distribution: Distribution | None, name: str) -> bool:
    """Whether the folder of the metadata has this name, which pip compares with that of the wheel."""
    folder = getattr(getattr(distribution, "_path", None), "name", "")
    if not folder or name == _NAMELESS:
        return True
    return str(folder).endswith(_INFO) and canonical(folder.removesuffix(_INFO).rpartition("-")[0]) == canonical(name)


def _name_and_version(distribution: Distribution | None) -> tuple[str, str]:
    """What the metadata say; only their headers are parsed, as a description takes twenty times as long."""
    try:
        text = (distribution.read_text("METADATA") or "") if distribution is not None else ""
        headers = HeaderParser().parsestr(text.partition("\n\n")[0], headersonly=True)
    except Exception:
        headers = HeaderParser().parsestr("")
    return str(headers.get("Name", "")).strip() or _NAMELESS, str(headers.get("Version", "?"))
