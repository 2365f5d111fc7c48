"""Everything that the environment says, read once and typed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ocrzoo_registry.errors import UsageError

_WORDS = {
    "1": True,
    "true": True,
    "yes": True,
    "on": True,
    "0": False,
    "false": False,
    "no": False,
    "off": False,
}


@dataclass(frozen=True)
class Settings:
    """How this process finds models; :meth:`from_environment` reads the variables named below."""

    home: Path
    """``OCRZOO_HOME``, else ``PADDLE_PDX_CACHE_HOME``, else ``~/.paddlex``: models lie in ``official_models/``."""
    offline: bool = False
    """``OCRZOO_OFFLINE`` or ``HF_HUB_OFFLINE``: open no socket."""
    strict: bool = False
    """``OCRZOO_STRICT``: a broken plugin is an error and not a warning."""
    disabled_plugins: frozenset[str] = field(default_factory=frozenset)
    """``OCRZOO_DISABLE_PLUGINS``: entry-point names to leave out, with commas between."""
    sources: tuple[str, ...] = ()
    """``PADDLE_PDX_MODEL_SOURCE``: one name is tried first; a list with commas is exact and final."""
    sources_exact: bool = False
    """A single name is exact and final too (written with a comma after it)."""
    model_path: tuple[Path, ...] = ()
    """``OCRZOO_MODEL_PATH``: folders that hold models as ``<name>[_onnx]/``, separated as in ``PATH``."""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        """Read the environment.

        Raises:
            UsageError: A switch holds something that is neither yes nor no.
        """
        home = environ.get("OCRZOO_HOME") or environ.get("PADDLE_PDX_CACHE_HOME") or "~/.paddlex"
        return cls(
            home=_folder(home),
            offline=_switch(environ, "OCRZOO_OFFLINE") or _switch(environ, "HF_HUB_OFFLINE"),
            strict=_switch(environ, "OCRZOO_STRICT"),
            disabled_plugins=frozenset(_names(environ, "OCRZOO_DISABLE_PLUGINS")),
            sources=tuple(_names(environ, "PADDLE_PDX_MODEL_SOURCE")),
            sources_exact="," in environ.get("PADDLE_PDX_MODEL_SOURCE", ""),
            model_path=tuple(_folder(part) for part in environ.get("OCRZOO_MODEL_PATH", "").split(os.pathsep) if part),
        )


def _folder(name: str) -> Path:
    try:
        return Path(name).expanduser()
    except RuntimeError as error:
        raise UsageError(f"{name}: {error}: name a folder with OCRZOO_HOME") from error


def _switch(environ: Mapping[str, str], name: str) -> bool:
    value = environ.get(name, "").strip().lower()
    if value and value not in _WORDS:
        raise UsageError(f"{name}={value!r} is neither yes nor no: set it to 1 or 0")
    return _WORDS.get(value, False)


def _names(environ: Mapping[str, str], name: str) -> list[str]:
    return [part.strip() for part in environ.get(name, "").split(",") if part.strip()]
