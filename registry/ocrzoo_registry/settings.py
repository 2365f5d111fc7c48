"""Everything that the environment says, read once and typed."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from ocrzoo_registry.errors import UsageError
from ocrzoo_registry.files import read_bounded

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


_ADDRESS = r"(?i:https?)://[^\s/@?#]+(/[^\s?#]*)?"
_MIRROR_FORMS = {
    "http": _ADDRESS,
    "https": _ADDRESS,
    "s3": r"(?i:s3)://[a-z0-9][a-z0-9._-]{1,62}(/[^\s?#]*)?",
}


@dataclass(frozen=True)
class Hub:
    """Where one hub is, and who asks."""

    endpoint: str
    """Scheme, host and, where a mirror has one, path; no slash at the end."""
    token: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Hubs:
    """The four hubs, under the variables that their own clients read."""

    huggingface: Hub = Hub("https://huggingface.co")
    """``PADDLE_PDX_HUGGING_FACE_ENDPOINT`` or ``HF_ENDPOINT``; ``HF_TOKEN``, else the stored one."""
    aistudio: Hub = Hub("https://git.aistudio.baidu.com")
    """``STUDIO_GIT_HOST``; ``AISTUDIO_ACCESS_TOKEN``."""
    modelscope: Hub = Hub("https://www.modelscope.cn")
    """``MODELSCOPE_ENDPOINT`` or ``MODELSCOPE_DOMAIN``; ``MODELSCOPE_API_TOKEN``."""
    bos: Hub = Hub("https://paddle-model-ecology.bj.bcebos.com")
    """``OCRZOO_BOS_ENDPOINT`` stands in for every ``*.bcebos.com`` of a card."""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Hubs:
        """Read the environment.

        Raises:
            UsageError: An endpoint is not an http or https address.
        """
        return cls(
            huggingface=_hub(
                environ,
                cls.huggingface,
                ("PADDLE_PDX_HUGGING_FACE_ENDPOINT", "HF_ENDPOINT"),
                _huggingface_token(environ),
            ),
            aistudio=_hub(environ, cls.aistudio, ("STUDIO_GIT_HOST",), environ.get("AISTUDIO_ACCESS_TOKEN")),
            modelscope=_hub(
                environ,
                cls.modelscope,
                ("MODELSCOPE_ENDPOINT", "MODELSCOPE_DOMAIN"),
                environ.get("MODELSCOPE_API_TOKEN"),
            ),
            bos=_hub(environ, cls.bos, ("OCRZOO_BOS_ENDPOINT",), None),
        )


@dataclass(frozen=True)
class Mirror:
    """A mirror that the user named."""

    address: str
    """``http(s)://host/path``, ``s3://bucket/prefix``, or the path of a folder; no slash at the end."""
    token: str | None = field(default=None, repr=False)

    @property
    def scheme(self) -> Literal["http", "s3", "file"]:
        """How it is read."""
        scheme = self.address.partition("://")[0].lower()
        return "http" if scheme in {"http", "https"} else "s3" if scheme == "s3" else "file"


@dataclass(frozen=True)
class Settings:
    """How this process finds models; :meth:`from_environment` reads the variables named below."""

    home: Path
    """``OCRZOO_HOME``, else ``PADDLE_PDX_CACHE_HOME``, else ``~/.paddlex``: models lie in ``official_models/``."""
    offline: bool = False
    """``OCRZOO_OFFLINE``, else ``HF_HUB_OFFLINE``: open no socket."""
    fetch_fonts: bool = False
    """``OCRZOO_FETCH_FONTS``: drawing may fetch a font for a script that no font at hand has."""
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
    hubs: Hubs = Hubs()
    mirror: Mirror | None = None
    """``OCRZOO_MIRROR``, with ``OCRZOO_MIRROR_TOKEN`` where it wants to know who asks."""
    mirror_key: Path | None = None
    """``OCRZOO_MIRROR_KEY``: the public key that indexes of mirrors and bundles must be signed for."""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        """Read the environment.

        Raises:
            UsageError: A switch holds something that is neither yes nor no, or an address is none.
        """
        home = environ.get("OCRZOO_HOME") or environ.get("PADDLE_PDX_CACHE_HOME") or "~/.paddlex"
        return cls(
            home=_folder(home),
            offline=_switch(environ, "OCRZOO_OFFLINE" if environ.get("OCRZOO_OFFLINE") else "HF_HUB_OFFLINE"),
            fetch_fonts=_switch(environ, "OCRZOO_FETCH_FONTS"),
            strict=_switch(environ, "OCRZOO_STRICT"),
            disabled_plugins=frozenset(_names(environ, "OCRZOO_DISABLE_PLUGINS")),
            sources=tuple(_names(environ, "PADDLE_PDX_MODEL_SOURCE")),
            sources_exact="," in environ.get("PADDLE_PDX_MODEL_SOURCE", ""),
            model_path=tuple(_folder(part) for part in environ.get("OCRZOO_MODEL_PATH", "").split(os.pathsep) if part),
            hubs=Hubs.from_environment(environ),
            mirror=_mirror(environ),
            mirror_key=_key(environ),
        )


def _folder(name: str) -> Path:
    try:
        return Path(name).expanduser()
    except RuntimeError as error:
        raise UsageError(f"{name}: {error}: write the folder in full") from error


def _switch(environ: Mapping[str, str], name: str) -> bool:
    value = environ.get(name, "").strip().lower()
    if value and value not in _WORDS:
        raise UsageError(f"{name}={value!r} is neither yes nor no: set it to 1 or 0")
    return _WORDS.get(value, False)


def _names(environ: Mapping[str, str], name: str) -> list[str]:
    return [part.strip() for part in environ.get(name, "").split(",") if part.strip()]


def _hub(environ: Mapping[str, str], default: Hub, names: Sequence[str], token: str | None) -> Hub:
    name = next((name for name in names if environ.get(name, "").strip()), None)
    if name is None:
        return Hub(default.endpoint, _one_line(token))
    endpoint = environ[name].strip()
    endpoint = (endpoint if "://" in endpoint else f"https://{endpoint}").rstrip("/")
    if not re.fullmatch(_ADDRESS, endpoint):
        stated = "..." if re.search("[@?]", endpoint) else repr(environ[name])  # no password or key in a message
        raise UsageError(f"{name}={stated} is no address: write it as https://host or http://host:port")
    return Hub(endpoint, _one_line(token))


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
        address = str(_folder(stated).absolute())
    elif scheme not in _MIRROR_FORMS or not re.fullmatch(_MIRROR_FORMS[scheme], address):
        shown = "..." if re.search("[@?]", stated) else repr(stated)  # no password or key in a message
        raise UsageError(
            f"OCRZOO_MIRROR={shown} is no mirror: write it as https://host/path, s3://bucket/prefix, "
            "file:///folder or a folder"
        )
    return Mirror(address, _one_line(environ.get("OCRZOO_MIRROR_TOKEN")))


def _key(environ: Mapping[str, str]) -> Path | None:
    """The key's file; one that is not there must not pass for none."""
    if not environ.get("OCRZOO_MIRROR_KEY", "").strip():
        return None
    path = _folder(environ["OCRZOO_MIRROR_KEY"].strip())
    if not path.is_file():
        raise UsageError(f"OCRZOO_MIRROR_KEY={str(path)!r} is no file: name the public key of who signs the mirror")
    return path


def _path_of(url: str) -> str:
    """The folder that a ``file:`` address leads to.

    Raises:
        UsageError: It leads to another machine, or nowhere.
    """
    from urllib.parse import urlsplit
    from urllib.request import url2pathname

    parts = urlsplit(url)
    path = url2pathname(parts.path.rstrip("/") or parts.path)
    if parts.netloc not in {"", "localhost"} or not Path(path).is_absolute() or "\0" in path:
        raise UsageError(f"OCRZOO_MIRROR={url!r} leads to no folder of this machine: write it as file:///folder")
    return path


def _huggingface_token(environ: Mapping[str, str]) -> str | None:
    """``HF_TOKEN``, else what ``hf auth login`` stored."""
    if environ.get("HF_TOKEN", "").strip():
        return environ["HF_TOKEN"]
    cache = environ.get("XDG_CACHE_HOME") or "~/.cache"
    path = environ.get("HF_TOKEN_PATH") or f"{environ.get('HF_HOME') or f'{cache}/huggingface'}/token"
    try:
        return read_bounded(Path(path).expanduser(), 4096).decode("ascii")
    except (OSError, RuntimeError, ValueError):
        return None


def _one_line(token: str | None) -> str | None:
    """A token as it can stand in a header; what cannot is no token."""
    token = (token or "").strip()
    return token if token.isascii() and token.isprintable() and token else None
