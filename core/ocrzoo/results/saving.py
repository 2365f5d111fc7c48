"""Where results are saved, and never by halves."""

from __future__ import annotations

import uuid
from collections.abc import Container
from pathlib import Path

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
    staged = path.parent / f".{uuid.uuid4().hex}.part"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with staged.open("xb") as part:
                part.write(content)
            staged.replace(path)
        finally:
            staged.unlink(missing_ok=True)
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: cannot be written: {getattr(error, 'strerror', None) or error}") from error
    return path
