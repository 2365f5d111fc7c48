"""Where results are saved, and never by halves."""

from __future__ import annotations

import os
from collections.abc import Container
from pathlib import Path
from tempfile import NamedTemporaryFile

from ocrzoo_registry.errors import UsageError


def target_path(save_path: str | Path, stem: str, suffix: str, file_suffixes: Container[str] | None = None) -> Path:
    """Return the file to write: ``save_path`` itself where it names a file of that kind, else a file in that folder."""
    path = Path(save_path)
    kinds = file_suffixes if file_suffixes is not None else (suffix,)
    names_file = path.suffix.lower() in kinds and not path.is_dir()
    return path if names_file else path / f"{stem}{suffix}"


def write(path: Path, content: bytes) -> Path:
    """Write a file whole or not at all, and return its path; folders are made.

    Raises:
        UsageError: It cannot be written there.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=path.parent, prefix=".", suffix=".part", delete=False) as part:
            staged = Path(part.name)
            try:
                part.write(content)
                part.flush()
                staged.chmod(0o666 & ~_umask())
                staged.replace(path)
            finally:
                staged.unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror or error}") from error
    return path


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
