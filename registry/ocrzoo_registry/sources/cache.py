"""Source ``cache``: models that other programs have downloaded, in the caches of these programs.

Which caches, where they are and how they are laid out is one table, :data:`PROGRAMS`. Nothing in them is written to,
and files are copied and never linked: a program may write to a file of its cache at any time, or replace its bytes.

A cache is believed only what its files prove. Hugging Face's names files by their digest; those of other caches must
have an expected digest, or they are left alone until a hub states one.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from ocrzoo_registry.cards.fields import Format, is_commit
from ocrzoo_registry.cards.formats import folder_name, is_complete, wanted_files
from ocrzoo_registry.cards.loader import read_reference
from ocrzoo_registry.cards.schema import FileRecord, ModelCard
from ocrzoo_registry.files import expand_user, has_size, read_bounded, read_chunks, resolved
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.sources.base import Health, Listing, RemoteFile, Stream
from ocrzoo_registry.sources.references import Repository
from ocrzoo_registry.store.manifest import Manifest
from ocrzoo_registry.store.store import Store

MAX_REF_BYTES = 200
"""A reference has 40 hexadecimal digits."""


@dataclass(frozen=True)
class Program:
    """A program with a cache of models; paths are relative to the cache.

    In a path, ``{owner}`` and ``{repository}`` are the two parts of a repository's name, ``{masked}`` is the second
    with ``___`` for each dot, ``{revision}`` is a branch or commit, and ``{folder}`` is PaddleX's name for the folder
    of a model in a format.
    """

    name: str
    hub: str
    """The key under ``sources`` in cards that names the repositories; empty: models are found by ``{folder}``."""
    variables: Mapping[str, str]
    """The environment variables that move the cache, the first one that is set counts; and the path below each."""
    default: str
    """The cache where none is set."""
    models: tuple[str, ...]
    """Where a model may be, the newest layout first."""
    branch: str = ""
    """The branch that the program downloads where nobody names one."""
    reference: str = ""
    """The file with the commit of a branch, if folders are named by commits."""
    blobs: str = ""
    """The folder with files that are named by their digest, if links in a model's folder lead to such files."""


PROGRAMS = (
    Program(
        "huggingface_hub",
        "huggingface",
        {"HF_HUB_CACHE": "", "HUGGINGFACE_HUB_CACHE": "", "HF_HOME": "hub", "XDG_CACHE_HOME": "huggingface/hub"},
        "~/.cache/huggingface/hub",
        ("models--{owner}--{repository}/snapshots/{revision}",),
        branch="main",
        reference="models--{owner}--{repository}/refs/{revision}",
        blobs="models--{owner}--{repository}/blobs",
    ),
    Program(
        "modelscope",
        "modelscope",
        {"MODELSCOPE_CACHE": ""},
        "~/.cache/modelscope",
        (
            "models/{owner}--{repository}/snapshots/{revision}",
            "models/{owner}/{masked}",  # before 1.38, as the next
            "hub/models/{owner}/{masked}",
        ),
        branch="master",
    ),
    Program(
        "aistudio-sdk",
        "aistudio",
        {"AISTUDIO_CACHE_HOME": "models"},
        "~/.cache/aistudio/hub/models",
        ("{owner}/{masked}",),
        branch="master",
    ),
    Program(
        "PaddleX",
        "",
        {"PADDLE_PDX_CACHE_HOME": "official_models"},
        "~/.paddlex/official_models",
        ("{folder}",),
    ),
)
"""A line for each program; the paths are those of huggingface_hub 2.4, modelscope 1.40, aistudio-sdk 0.3.9 and
PaddleX 3.7."""


@dataclass(frozen=True)
class _Copy:
    """A model in a cache, at one revision."""

    program: Program
    folder: Path
    revision: str
    blobs: Path | None

    def path(self, name: str) -> Path:
        """The file itself, in place of a link to a file that is named by its digest."""
        path = self.folder / name
        digest = self._named_digest(path)
        return self.blobs / digest if self.blobs is not None and digest else path

    def listed(self, name: str, expected: FileRecord | None) -> RemoteFile | None:
        """Return a file with its digest: the expected one, or else its name in the cache; ``None`` without any."""
        size = self.path(name).stat().st_size
        path = str(self.path(name))
        if expected is not None and expected.sha256 is not None:
            return RemoteFile(name, size, expected.sha256, digest_origin=expected.digest_origin, reference=path)
        digest = self._named_digest(self.folder / name)
        if not digest:
            return None
        origin = f"stated by {self.program.hub}, in the cache of {self.program.name}"
        if len(digest) == 64:
            return RemoteFile(name, size, digest, digest_origin=origin, reference=path)
        return RemoteFile(name, size, git_sha1=digest, digest_origin=origin, reference=path)

    def _named_digest(self, path: Path) -> str:
        """SHA-256 of a large file, or git's name of a small one, where the cache names files so; else empty."""
        try:
            name = os.path.basename(path.readlink()) if self.blobs is not None else ""  # noqa: PTH119
        except OSError:
            return ""
        return name if re.fullmatch("[0-9a-f]{40}|[0-9a-f]{64}", name) else ""


class CacheSource:
    """Reads the caches of other programs."""

    def __init__(self, settings: Settings) -> None:
        store = resolved(Store(settings.home).root)
        roots = ((program, _root(program, settings.environ)) for program in PROGRAMS)
        self._roots = [(program, root) for program, root in roots if resolved(root) != store]

    def list(self, card: ModelCard, file_format: Format) -> Listing | None:
        """Return the files of the first cache that has all of the model, each with a digest."""
        return self._list(card, file_format, card.artifacts[file_format].files)

    def list_expected(self, card: ModelCard, file_format: Format, expected: Manifest) -> Listing | None:
        """Return the files of a manifest; its commit is looked for first."""
        return self._list(card, file_format, expected.served, expected.revision)

    def why_absent(self, card: ModelCard, file_format: Format) -> str:
        """Return which folder has the model's files, but no digest for one of them; empty if none has them."""
        for copy in self._copies(card, file_format):
            present = _present(copy, card, file_format)
            if unproven := [name for name in present if copy.listed(name, _pin(card, file_format, name)) is None]:
                return f"{copy.folder} has it, and nothing here states the digest of {', '.join(unproven)}"
        return ""

    def copies(self, card: ModelCard, file_format: Format, file: RemoteFile) -> Sequence[Path]:
        """Return where a file that another source lists may be already; its digest is not checked here."""
        paths = [copy.path(file.path) for copy in self._copies(card, file_format)]
        return [path for path in paths if file.size is None or has_size(path, file.size)]

    def open(
        self, listing: Listing, file: RemoteFile, offset: int = 0, validator: str | None = None
    ) -> AbstractContextManager[Stream]:
        """Open a file of a cache."""
        return nullcontext(Stream(read_chunks(Path(file.reference), offset), offset))

    def check(self) -> Health:
        """Report which caches there are (``ocrzoo sources check``).

        Raises:
            SourceError: Never; other sources do.
        """
        found = [f"{program.name}: {root}" for program, root in self._roots if root.is_dir()]
        return Health("; ".join(found) or "no cache of another program")

    def _list(
        self, card: ModelCard, file_format: Format, expected: Sequence[FileRecord], commit: str = ""
    ) -> Listing | None:
        pinned = {file.path: file for file in expected}
        for copy in self._copies(card, file_format, commit):
            files = [copy.listed(name, pinned.get(name)) for name in _present(copy, card, file_format)]
            listed = tuple(file for file in files if file is not None)
            if files and len(listed) == len(files):
                if copy.program.hub and is_commit(copy.revision):
                    return Listing(copy.revision, listed, source=copy.program.hub)
                return Listing(f"{copy.folder}, state {_state(listed)}", listed)
        return None

    def _copies(self, card: ModelCard, file_format: Format, commit: str = "") -> Iterator[_Copy]:
        """Where the caches may have a model."""
        for program, root in self._roots:
            if not program.hub:
                names, revisions = {"folder": folder_name(card.name, file_format)}, [program.name]
            elif place := read_reference(card, program.hub, file_format, Repository):
                owner, _, repository = place.repository.partition("/")
                names = {"owner": owner, "repository": repository, "masked": repository.replace(".", "___")}
                revisions = [commit] if is_commit(commit) else []
                revisions.append(_revision(program, root, names, place.revision or program.branch))
            else:
                continue
            for revision in filter(None, revisions):
                for pattern in program.models:
                    folder = root / pattern.format(**names, revision=revision)
                    yield _Copy(
                        program, folder, revision, root / program.blobs.format(**names) if program.blobs else None
                    )


def _root(program: Program, environ: Mapping[str, str]) -> Path:
    """Where a program keeps its cache."""
    named = next((name for name in program.variables if environ.get(name)), None)
    if named is None:
        return expand_user(program.default)
    return expand_user(os.path.expandvars(environ[named])) / program.variables[named]


def _revision(program: Program, root: Path, names: Mapping[str, str], branch: str) -> str:
    """The commit of a branch, where the cache has it by commits; empty if it does not have the branch."""
    if not program.reference or is_commit(branch):
        return branch
    try:
        commit = read_bounded(root / program.reference.format(**names, revision=branch), MAX_REF_BYTES).decode("ascii")
    except (OSError, ValueError):
        return ""
    return commit.strip() if is_commit(commit.strip()) else ""


def _present(copy: _Copy, card: ModelCard, file_format: Format) -> list[str]:
    """The wanted files of a folder, if it lacks none that the card lists: a cache may have a part of a model."""
    present = sorted(name for name in wanted_files(card, file_format) if copy.path(name).is_file())
    artifact = card.artifacts[file_format]
    has_listed = {file.path for file in artifact.files} <= set(present)
    return present if has_listed and is_complete(file_format, present, artifact.networks) else []


def _state(files: Sequence[RemoteFile]) -> str:
    """A digest of what is in a folder."""
    return hashlib.sha256(repr([(file.path, file.size, file.sha256) for file in files]).encode()).hexdigest()[:16]


def _pin(card: ModelCard, file_format: Format, name: str) -> FileRecord | None:
    return next((file for file in card.artifacts[file_format].files if file.path == name), None)
