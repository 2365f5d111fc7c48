"""Settings from the environment, read once and typed; sources read their own variables with the same methods."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from ocrzoo_registry.errors import SettingError
from ocrzoo_registry.files import expand_user

_HOMES = ("OCRZOO_HOME", "PADDLE_PDX_CACHE_HOME")
_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off", ""}

_URL = r"(?i:https?)://[^\s/@?#]+(/[^\s?#]*)?"
_MIRROR_FORMS = {
    "http": _URL,
    "https": _URL,
    "s3": r"(?i:s3)://[a-z0-9][a-z0-9._-]{1,62}(/[^\s?#]*)?",
    "oci": r"(?i:oci)://[^\s/@?#]+/[a-z0-9][a-z0-9._/-]*",
}


@dataclass(frozen=True)
class Mirror:
    """A mirror that the user named."""

    address: str
    """``http(s)://host/path``, ``s3://bucket/prefix``, ``oci://host/repository``, or a folder; no slash at the end."""
    token: str | None = field(default=None, repr=False)

    @property
    def scheme(self) -> Literal["http", "s3", "oci", "file"]:
        """How it is read."""
        scheme = self.address.partition("://")[0].lower()
        if scheme in {"http", "https"}:
            return "http"
        return "s3" if scheme == "s3" else "oci" if scheme == "oci" else "file"


@dataclass(frozen=True)
class Settings:
    """How this process finds models; :meth:`from_environment` reads the variables named below."""

    home: Path
    """``OCRZOO_HOME``, else ``PADDLE_PDX_CACHE_HOME``, else ``~/.paddlex``: models are in ``official_models/``."""
    offline: bool = False
    """``OCRZOO_OFFLINE``, else ``HF_HUB_OFFLINE``: open no socket."""
    fetch_fonts: bool = False
    """``OCRZOO_FETCH_FONTS``: drawing may download a font for a script that no local font has."""
    strict: bool = False
    """``OCRZOO_STRICT``: a broken plugin is an error and not a warning."""
    disabled_plugins: frozenset[str] = field(default_factory=frozenset)
    """``OCRZOO_DISABLE_PLUGINS``: entry-point names of plugins to skip, separated by commas."""
    allowed_plugins: tuple[str, ...] | None = None
    """``OCRZOO_PLUGINS``: the distributions whose plugins may be imported beside ocrzoo's own; ``None``: all."""
    plugin_keys: tuple[Path, ...] = ()
    """``OCRZOO_PLUGIN_KEYS``: public keys, one of which must have signed each plugin of others, separated as in
    ``PATH``."""
    overrides: Mapping[str, str] = field(default_factory=dict, hash=False)
    """``OCRZOO_OVERRIDE``: model name to the distribution whose card of it is used, written ``distribution:model``."""
    sources: tuple[str, ...] = ()
    """``PADDLE_PDX_MODEL_SOURCE``: one name is tried first; of a comma-separated list, only these are tried."""
    sources_exact: bool = False
    """Only ``sources`` are tried, also where it is a single name (written with a comma after it)."""
    model_path: tuple[Path, ...] = ()
    """``OCRZOO_MODEL_PATH``: folders that hold models as ``<name>[_onnx]/``, separated as in ``PATH``."""
    mirror: Mirror | None = None
    """``OCRZOO_MIRROR``, with ``OCRZOO_MIRROR_TOKEN`` if it requires a token."""
    mirror_key: Path | None = None
    """``OCRZOO_MIRROR_KEY``: the public key that the indexes of mirrors and bundles must be signed for."""
    insecure_registries: frozenset[str] = field(default_factory=frozenset)
    """``OCRZOO_INSECURE_REGISTRIES``: hosts of OCI registries, with their port or without, that have no https."""
    mirror_cards: bool = False
    """``OCRZOO_MIRROR_CARDS``: use the mirror's cards of models that no plugin here has."""
    environ: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)
    """The environment, where sources read their own variables."""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        """Read the environment.

        Raises:
            SettingError: A boolean, URL or path variable has an invalid value.
        """
        return cls(
            home=_home(environ),
            offline=_switch(environ, "OCRZOO_OFFLINE" if environ.get("OCRZOO_OFFLINE") else "HF_HUB_OFFLINE"),
            fetch_fonts=_switch(environ, "OCRZOO_FETCH_FONTS"),
            strict=_switch(environ, "OCRZOO_STRICT"),
            disabled_plugins=frozenset(_names(environ, "OCRZOO_DISABLE_PLUGINS")),
            allowed_plugins=_allowed(environ),
            plugin_keys=_plugin_keys(environ),
            overrides=_overrides(environ),
            sources=tuple(_names(environ, "PADDLE_PDX_MODEL_SOURCE")),
            sources_exact="," in environ.get("PADDLE_PDX_MODEL_SOURCE", ""),
            model_path=tuple(
                _folder("OCRZOO_MODEL_PATH", part)
                for part in environ.get("OCRZOO_MODEL_PATH", "").split(os.pathsep)
                if part
            ),
            mirror=_mirror(environ),
            mirror_key=_key("OCRZOO_MIRROR_KEY", stated, "the mirror is")
            if (stated := environ.get("OCRZOO_MIRROR_KEY", "").strip())
            else None,
            insecure_registries=frozenset(_names(environ, "OCRZOO_INSECURE_REGISTRIES")),
            mirror_cards=_switch(environ, "OCRZOO_MIRROR_CARDS"),
            environ=dict(environ),
        )

    def endpoint(self, *variables: str, default: str) -> str:
        """Return the first of these variables that is set as a URL without a slash at its end, else the default.

        Raises:
            SettingError: It is not an http or https URL.
        """
        name = next((name for name in variables if self.environ.get(name, "").strip()), None)
        if name is None:
            return default
        value = self.environ[name].strip()
        url = (value if re.match("https?:|[a-z]+:/", value, re.IGNORECASE) else f"https://{value}").rstrip("/")
        if not re.fullmatch(_URL, url):
            stated = "..." if re.search("[@?]", url) else repr(value)  # no password or key in a message
            raise SettingError(f"{name}={stated} is not an http(s) URL. Write it as https://host or http://host:port.")
        return url

    def token(self, variable: str) -> str | None:
        """Return the token in a variable, if there is a usable one."""
        return header_value(self.environ.get(variable))


def _home(environ: Mapping[str, str]) -> Path:
    variable = next((name for name in _HOMES if environ.get(name)), None)
    if variable is not None:
        return _folder(variable, environ[variable])
    home = expand_user("~/.paddlex")
    if not home.is_absolute():
        raise SettingError("this user has no home directory: name a folder for models with OCRZOO_HOME")
    return home


def _folder(variable: str, name: str) -> Path:
    """The folder that a variable names, with ``~`` replaced."""
    folder = expand_user(name)
    if str(folder).startswith("~"):
        raise SettingError(f"{variable}={name!r}: this user has no home directory. Write the folder in full.")
    return folder


def _switch(environ: Mapping[str, str], name: str) -> bool:
    value = environ.get(name, "").strip().lower()
    if value not in _TRUE | _FALSE:
        raise SettingError(f"{name}={value!r} is not a boolean. Set it to 1 or 0.")
    return value in _TRUE


def _names(environ: Mapping[str, str], name: str) -> list[str]:
    return [part.strip() for part in environ.get(name, "").split(",") if part.strip()]


def _mirror(environ: Mapping[str, str]) -> Mirror | None:
    stated = environ.get("OCRZOO_MIRROR", "").strip()
    if not stated:
        return None
    address = stated.rstrip("/")
    named = re.match("([a-z][a-z0-9+.-]+):", stated, re.IGNORECASE)  # one letter is a disk of Windows
    scheme = named[1].lower() if named else ""
    if scheme == "file":
        address = _path_of(stated)
    elif not scheme:
        address = str(_folder("OCRZOO_MIRROR", stated).absolute())
    elif scheme not in _MIRROR_FORMS or not re.fullmatch(_MIRROR_FORMS[scheme], address):
        shown = "..." if re.search("[@?]", stated) else repr(stated)  # no password or key in a message
        raise SettingError(
            f"OCRZOO_MIRROR={shown} is not a mirror's address. Write it as https://host/path, s3://bucket/prefix, "
            "oci://host/repository, file:///folder or a folder."
        )
    return Mirror(address, header_value(environ.get("OCRZOO_MIRROR_TOKEN")))


def _key(variable: str, stated: str, signed: str) -> Path:
    """The key's file; a missing file is an error, not the same as no key."""
    path = _folder(variable, stated.strip())
    if not path.is_file():
        raise SettingError(f"{variable}={str(path)!r} is not a file. Name the public key that {signed} signed for.")
    return path


def _plugin_keys(environ: Mapping[str, str]) -> tuple[Path, ...]:
    """The keys of ``OCRZOO_PLUGIN_KEYS``; set but empty is refused, so that a lost value lets nobody in."""
    parts = [part for part in environ.get("OCRZOO_PLUGIN_KEYS", "").split(os.pathsep) if part.strip()]
    if "OCRZOO_PLUGIN_KEYS" in environ and not parts:
        raise SettingError("OCRZOO_PLUGIN_KEYS is empty. Name a key, or unset it.")
    return tuple(_key("OCRZOO_PLUGIN_KEYS", part, "plugins are") for part in parts)


def _allowed(environ: Mapping[str, str]) -> tuple[str, ...] | None:
    """The distributions of ``OCRZOO_PLUGINS``; set but empty means none, so that a lost value lets nobody in."""
    if "OCRZOO_PLUGINS" not in environ:
        return None
    names = dict.fromkeys(_names(environ, "OCRZOO_PLUGINS"))
    if "none" in names and len(names) > 1:
        raise SettingError("OCRZOO_PLUGINS: 'none' stands alone. Remove it, or the other names.")
    return tuple(name for name in names if name != "none")


def _overrides(environ: Mapping[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in _names(environ, "OCRZOO_OVERRIDE"):
        distribution, _, model = (side.strip() for side in part.partition(":"))
        if not distribution or not model:
            raise SettingError(f"OCRZOO_OVERRIDE={part!r} names no model. Write it as distribution:model.")
        if found.setdefault(model, distribution) != distribution:
            raise SettingError(f"OCRZOO_OVERRIDE names two distributions for {model}. Name one.")
    return found


def _path_of(url: str) -> str:
    """The folder of a ``file:`` URL.

    Raises:
        SettingError: It names another machine, or no folder.
    """
    from urllib.parse import urlsplit
    from urllib.request import url2pathname

    parts = urlsplit(url)
    path = url2pathname(parts.path.rstrip("/") or parts.path)
    if parts.netloc not in {"", "localhost"} or not Path(path).is_absolute() or "\0" in path:
        raise SettingError(f"OCRZOO_MIRROR={url!r} is not a folder of this machine. Write it as file:///folder.")
    return path


def header_value(token: str | None) -> str | None:
    """Return a token that is valid in an HTTP header, or ``None``."""
    token = (token or "").strip()
    return token if token.isascii() and token.isprintable() and token else None
