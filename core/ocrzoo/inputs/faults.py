"""Whatever a decoder raises is the error of its file, so that the other files are read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ocrzoo_registry.errors import InputError, OcrzooError, causes


@contextmanager
def as_input_error(name: str) -> Iterator[None]:
    """Raise any exception inside as an :class:`InputError` about the file ``name``.

    Decoders raise anything for a damaged file: ``IndexError``, ``struct.error``, ``RecursionError``, ``MemoryError``.

    Raises:
        InputError: Something that is no error of ocrzoo's own was raised.
    """
    try:
        yield
    except Exception as error:
        if any(isinstance(cause, MemoryError) for cause in causes(error)):
            raise InputError(f"{name}: decoding it needs more memory than there is") from error
        if isinstance(error, OcrzooError):
            raise
        message = " ".join(str(error).split())
        raise InputError(
            f"{name}: could not be decoded: {type(error).__name__}: {message}".removesuffix(": ")
        ) from error
