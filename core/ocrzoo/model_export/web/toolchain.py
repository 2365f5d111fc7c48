"""The npm packages of the page: fetched once by ``npm``, at the versions and digests of the lock file, and bundled."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile

from filelock import FileLock, Timeout

from ocrzoo_registry.child_process import started
from ocrzoo_registry.errors import OfflineError, SourceError, StoreError, UsageError
from ocrzoo_registry.files import os_errors_as
from ocrzoo_registry.settings import Settings

SITE = Path(__file__).with_name("site")
LOCKED = ("package.json", "package-lock.json")
"""What says which packages; npm wrote the lock file, with a digest for each and no addresses."""
INSTALL_S = 900.0
"""Seconds that npm may take: the packages have 200 MB."""
BUNDLE_S = 120.0
_MAX_SHOWN = 200
_MODULES = "node_modules"


def packages(settings: Settings) -> Path:
    """Return the folder ``node_modules`` with the page's packages; they are fetched if the home folder lacks them.

    Raises:
        UsageError: There is no npm.
        OfflineError: They are not here, and offline mode is on.
        SourceError: npm could not fetch them.
        StoreError: The home folder cannot be written.
    """
    digest = hashlib.sha256(b"".join((SITE / name).read_bytes() for name in LOCKED)).hexdigest()
    folder = settings.home / "web" / digest[:16]
    if (folder / _MODULES).is_dir():
        return folder / _MODULES
    if settings.offline:
        raise OfflineError("the page's npm packages are not here, and OCRZOO_OFFLINE is on: export once with a network")
    npm = _program("npm")
    with os_errors_as(StoreError, f"{folder} could not be written"), _lock(folder):
        if not (folder / _MODULES).is_dir():
            _install(npm, folder)
    return folder / _MODULES


def bundle(modules: Path, folder: Path) -> None:
    """Write the page's scripts into a folder, each with what it imports.

    Raises:
        UsageError: esbuild is not there for this platform, or fails.
    """
    entries = [str(SITE / "source" / name) for name in ("app.ts", "worker.ts")]
    options = (
        "--bundle",
        "--minify",
        "--format=esm",
        "--splitting",
        "--target=es2023",
        "--conditions=onnxruntime-web-use-extern-wasm",
        *(f"--external:{name}" for name in ("fs", "path", "crypto")),  # what OpenCV's script asks of Node.js alone
        "--legal-comments=none",
        "--log-level=error",
        f"--tsconfig={SITE / 'tsconfig.json'}",
        f"--outdir={folder}",
    )
    failed = _run([_esbuild(modules), *entries, *options], SITE, {"NODE_PATH": str(modules)}, BUNDLE_S)
    if failed is not None:
        raise UsageError(f"the page could not be bundled: esbuild: {failed}")


def _esbuild(modules: Path) -> str:
    """The program itself: the script that is in its place on PATH starts it, and leaves it running when it is ended."""
    found = [path for end in ("bin/esbuild", "esbuild.exe") for path in (modules / "@esbuild").glob(f"*/{end}")]
    if not found:
        raise UsageError("npm has no esbuild for this platform: run export --for web on another machine")
    return str(found[0])


def _install(npm: str, folder: Path) -> None:
    """Install into a folder beside, which is renamed once it is complete."""
    staging = folder.with_name(f".{folder.name}.{os.urandom(4).hex()}")
    try:
        staging.mkdir(parents=True)
        for name in LOCKED:
            shutil.copyfile(SITE / name, staging / name)
        flags = ("--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund", "--loglevel=error")
        if failed := _run([npm, "ci", *flags], staging, {}, INSTALL_S):
            raise SourceError(f"npm could not fetch the page's packages: {failed}: 'npm ping' tells whether it can")
        staging.rename(folder)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


@contextmanager
def _lock(folder: Path) -> Iterator[None]:
    """Let one process at a time install."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder.with_name(f"{folder.name}.lock"), timeout=INSTALL_S):
            yield
    except Timeout:
        raise StoreError(f"{folder}: another process has been installing there for {INSTALL_S:.0f} s") from None


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise UsageError(f"export --for web needs Node.js 20 or newer, and there is no {name}: install nodejs and npm")
    return found


def _run(command: Sequence[str], folder: Path, environment: Mapping[str, str], limit: float) -> str | None:
    """Run a program; return ``None``, or why it failed in one line. Its output goes to a file: no pipe outlives it."""
    with TemporaryFile() as output:
        with started(
            command,
            cwd=folder,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        ) as process:
            try:
                status = process.wait(limit)
            except subprocess.TimeoutExpired:
                return f"no end after {limit:.0f} s"
        if status == 0:
            return None
        output.seek(0)
        lines = output.read(1 << 16).decode("utf-8", "replace").split("\n")
    said = next((line for line in lines if line.strip()), f"exit status {status}")
    return said.strip()[:_MAX_SHOWN]
