"""Whose fault an unexpected exception is: the third-party plugin whose code raised it, or called what did."""

from __future__ import annotations

from ocrzoo_registry.plugins.discovery import discover, in_order
from ocrzoo_registry.plugins.registrations import OFFICIAL, Origin


def plugin_of(error: BaseException) -> Origin | None:
    """Return the third-party plugin with the innermost frame of an exception; ``None`` if there is none.

    A plugin's code is known by the packages that its entry points name, and those of its distribution's files.
    """
    modules: list[str] = []
    trace = error.__traceback__
    while trace is not None:
        modules.append(str(trace.tb_frame.f_globals.get("__name__", "")).partition(".")[0])
        trace = trace.tb_next
    if not modules:
        return None
    owners: dict[str, Origin] = {}
    for origin, entry in in_order(discover()):
        if origin.distribution != OFFICIAL:
            files = (entry.dist.files or ()) if entry.dist is not None else ()
            packages = {path.parts[0].removesuffix(".py") for path in files if path.suffix == ".py"}
            owners |= dict.fromkeys({*packages, entry.value.partition(":")[0].partition(".")[0]}, origin)
    return next((owners[module] for module in reversed(modules) if module in owners), None)
