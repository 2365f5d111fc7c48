"""What the registry's tests are made of: fake distributions, small cards, and sources in memory."""

from __future__ import annotations

import base64
import hashlib
import importlib
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import distribution
from pathlib import Path
from typing import Protocol

from ocrzoo_registry.cards.loader import build_card
from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.download.events import DownloadEvents
from ocrzoo_registry.download.resolver import Resolver
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.sources.base import Listing, RemoteFile, Stream

FIRST_PARTY = frozenset(entry.name for entry in distribution("ocrzoo").entry_points if entry.group == "ocrzoo")
"""The plugins that come with ocrzoo; most tests leave them out to be quick."""

WEIGHTS = b"weights of the seaside" * 100


def card_data(**changes: object) -> dict[str, object]:
    """Give the plain data of a detection card, with some keys replaced."""
    return {
        "name": "seaside_det",
        "family": "seaside",
        "task": "text_detection",
        "version": "1",
        "summary": "Finds text on beach signs.",
        "license": "Apache-2.0",
        "artifacts": {"onnx": {"files": [{"path": "inference.onnx"}]}},
        "inference": {"predictor": "text_detection"},
    } | changes


def offer_card(root: Path | None = None, /, **changes: object) -> ModelCard:
    """Give a card as a plugin would offer it."""
    return build_card(card_data(**changes), origin="a test").located_in(root or Path())


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def remote(path: str, content: bytes) -> RemoteFile:
    """Promise exactly this content under this path."""
    return RemoteFile(path, len(content), sha256(content), digest_origin="the shelf")


def tree(folder: Path) -> dict[str, tuple[bytes | None, int]]:
    """Give everything below a folder, with contents and modification times."""
    return {
        str(path.relative_to(folder)): (path.read_bytes() if path.is_file() else None, path.stat().st_mtime_ns)
        for path in folder.rglob("*")
    }


@dataclass
class Shelf:
    """A source that keeps files in memory and remembers what was asked of it."""

    contents: Mapping[str, bytes] = field(default_factory=lambda: {"inference.onnx": WEIGHTS})
    promised: Sequence[RemoteFile] | None = None
    """What the listing says, where that is not the truth."""
    list_error: Exception | None = None
    open_error: Exception | None = None
    listed: list[str] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)

    def list(self, card: ModelCard, file_format: str) -> Listing | None:
        self.listed.append(f"{card.name} {file_format}")
        if self.list_error:
            raise self.list_error
        if self.promised is None and not self.contents:
            return None
        honest = [remote(path, content) for path, content in self.contents.items()]
        return Listing("shelf 1", tuple(honest if self.promised is None else self.promised))

    @contextmanager
    def open(
        self, listing: Listing, file: RemoteFile, offset: int = 0, validator: str | None = None
    ) -> Iterator[Stream]:
        self.opened.append(file.path)
        if self.open_error:
            raise self.open_error
        yield Stream(iter([self.contents[file.path][offset:]]), offset)


class MakeResolver(Protocol):
    """Builds a resolver over sources by name, ranked in the order given."""

    def __call__(
        self,
        settings: Settings = ...,
        *,
        network: bool = False,
        events: DownloadEvents | None = None,
        **sources: object,
    ) -> Resolver: ...


@dataclass(frozen=True)
class SitePackages:
    """A folder on ``sys.path`` that fake distributions are installed into."""

    folder: Path

    def install(
        self,
        name: str,
        modules: Mapping[str, str] | None = None,
        *,
        entry_points: Mapping[str, str] | None = None,
        version: str = "1.0",
        files: Mapping[str, bytes] | None = None,
        description: str = "",
    ) -> None:
        """Write a ``*.dist-info`` and what belongs to it; ``modules`` are plugins under their own names."""
        points = {module: module for module in modules or {}} if entry_points is None else entry_points
        info = f"{name.replace('-', '_')}-{version}.dist-info"
        contents = {
            **{f"{module}.py": source.encode() for module, source in (modules or {}).items()},
            **(files or {}),
            f"{info}/METADATA": (f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n\n{description}".encode()),
            f"{info}/entry_points.txt": "\n".join(
                ["[ocrzoo]", *(f"{plugin} = {value}" for plugin, value in points.items()), ""]
            ).encode(),
        }
        for path, content in contents.items():
            (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / path).write_bytes(content)
        importlib.invalidate_caches()


def build_wheel(folder: Path, name: str, members: Mapping[str, bytes], version: str = "1.0") -> Path:
    """Write a wheel that pip accepts."""
    stem = f"{name.replace('-', '_')}-{version}"
    info = f"{stem}.dist-info"
    contents = {
        **members,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = [f"{path},sha256={_urlsafe(content)},{len(content)}" for path, content in contents.items()]
    contents[f"{info}/RECORD"] = "\n".join([*record, f"{info}/RECORD,,", ""]).encode()
    path = folder / f"{stem}-py3-none-any.whl"
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in contents.items():
            archive.writestr(member, content)
    return path


def _urlsafe(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
