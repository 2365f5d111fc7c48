"""Places in object stores: S3, GCS and Azure, by obstore."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import islice
from typing import IO, TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from ocrzoo.batch.places import File, Place
from ocrzoo.inputs import limits
from ocrzoo.inputs.folders import is_hidden
from ocrzoo_registry.errors import InputError, SourceError, UsageError, causes
from ocrzoo_registry.network.urls import without_credentials

if TYPE_CHECKING:
    from obstore.store import ObjectStore

REQUEST_S, RETRY_S, MOST_WAIT_S = 60, 120, 5
"""Seconds that a request may take, that it is tried again for, and that lie between two tries at most."""
MOST_TRIES = 10_000
"""So that time ends trying: obstore's ten tries last some seconds."""
_READ_AHEAD = 1 << 20
_SHORTER = "status code: 416"
"""What is asked for lies behind the object's end: it is another one by now."""


class Bucket(Place):
    """A prefix in an object store; credentials come from the environment, as each cloud's tools have it."""

    def __init__(self, url: str) -> None:
        """Open it; no request is made.

        Raises:
            UsageError: obstore is not installed, or the URL or a variable is not valid.
        """
        bare = without_credentials(url).partition("?")[0]
        if _has_secrets(url):
            raise UsageError(
                f"{bare}: credentials in a URL are not read: set the variables of the cloud's own tools, such as "
                "AWS_ACCESS_KEY_ID"
            )
        super().__init__(url)
        try:
            from obstore.exceptions import BaseError
            from obstore.store import from_url
        except ImportError as error:
            raise UsageError(f"{self.name}: run pip install 'ocrzoo[batch]' ({error})") from error
        plain = os.environ.get("AWS_ENDPOINT_URL", "").startswith("http://")
        options: dict[str, Any] = {"timeout": timedelta(seconds=REQUEST_S), "allow_http": plain}
        waits = {"init_backoff": timedelta(seconds=0.1), "max_backoff": timedelta(seconds=MOST_WAIT_S), "base": 2}
        retry: dict[str, Any] = {
            "max_retries": MOST_TRIES,
            "retry_timeout": timedelta(seconds=RETRY_S),
            "backoff": waits,
        }
        try:
            self._store: ObjectStore = cast("Any", from_url)(url, client_options=options, retry_config=retry)
        except (BaseError, ValueError) as error:
            raise UsageError(f"{self.name} is not a place in an object store: {_line(error)}") from error

    @property
    def absolute(self) -> str:
        """Its URL."""
        return self.name.rstrip("/")

    @contextmanager
    def _as(self, kind: type[Exception], path: str) -> Iterator[None]:
        """Whatever an object store answers, in one line."""
        from obstore.exceptions import BaseError

        try:
            yield
        except (BaseError, OSError, ValueError) as error:
            raise kind(f"{self.name.rstrip('/')}/{path}: {_line(error)}") from error

    @contextmanager
    def _reading(self, path: str) -> Iterator[None]:
        """An object that cannot be read is an input's error; an object store that does not answer is none."""
        from obstore.exceptions import InvalidPathError, NotFoundError, PermissionDeniedError

        of_object = (FileNotFoundError, NotFoundError, PermissionDeniedError, InvalidPathError, ValueError)
        try:
            with self._as(SourceError, path):
                yield
        except SourceError as error:
            cause = next(islice(causes(error), 1, None), None)
            if isinstance(cause, of_object) or _SHORTER in str(cause):
                raise InputError(str(error)) from cause
            raise

    def files(self, below: str = "") -> Iterator[File]:
        """Yield the files, page by page of the object store's list."""
        import obstore

        with self._as(SourceError, below):
            for found in obstore.list(self._store, prefix=f"{below}/" if below else None):
                for one in found:
                    if not any(is_hidden(name) for name in one["path"].split("/")):
                        yield _file_of(one)

    def find(self, path: str) -> File | None:
        """Return a file, if it is there."""
        import obstore
        from obstore.exceptions import NotFoundError

        with self._as(SourceError, path):
            try:
                return _file_of(obstore.head(self._store, path))
            except (NotFoundError, FileNotFoundError):
                return None

    def read(self, path: str, offset: int = 0, size: int | None = None) -> bytes:
        """Return the content of a file, or a part."""
        import obstore

        with self._reading(path):
            if size is not None:
                return bytes(obstore.get_range(self._store, path, start=offset, length=size)) if size else b""
            answer = obstore.get(self._store, path)
            if answer.meta["size"] > limits.MAX_BYTES:
                raise InputError(f"{path}: larger than {limits.MAX_BYTES} bytes")
            return bytes(answer.bytes())

    def open(self, path: str) -> IO[bytes]:
        """Open a file; it is read by ranges."""
        import obstore

        with self._reading(path):
            found = _file_of(obstore.head(self._store, path))
        return io.BufferedReader(_Ranges(self, found), _READ_AHEAD)

    def write(self, path: str, content: bytes) -> None:
        """Write a file; object stores show it only once it is whole."""
        import obstore

        with self._as(UsageError, path):
            obstore.put(self._store, path, content)

    def delete(self, path: str) -> None:
        """Delete a file, if it is there."""
        import obstore
        from obstore.exceptions import NotFoundError

        with self._as(UsageError, path):
            try:
                obstore.delete(self._store, path)
            except (NotFoundError, FileNotFoundError):
                return

    def below(self, other: Place) -> str | None:
        """Return the path below another prefix of the same bucket."""
        inner, outer = self.name.rstrip("/") + "/", other.name.rstrip("/") + "/"
        return inner.removeprefix(outer).rstrip("/") if inner.startswith(outer) else None


class _Ranges(io.RawIOBase):
    """An object as a file."""

    def __init__(self, bucket: Bucket, file: File) -> None:
        self._bucket, self._file, self._at = bucket, file, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._file.size}[whence]
        self._at = max(0, start + offset)
        return self._at

    def readinto(self, buffer: Any) -> int:
        size = max(0, min(len(buffer), self._file.size - self._at))
        found = self._bucket.read(self._file.path, self._at, size)
        buffer[: len(found)] = found
        self._at += len(found)
        return len(found)


def _file_of(found: Any) -> File:
    stamp = found.get("e_tag") or found.get("version") or str(found["last_modified"])
    return File(found["path"], found["size"], stamp)


def _has_secrets(url: str) -> bool:
    """Whether a URL has a password or a query; before ``@``, Azure has the container."""
    try:
        return "?" in url or urlsplit(url).password is not None
    except ValueError:
        return True


_NO_CREDENTIALS = "169.254.169.254"
"""Where a cloud's machine asks for credentials of its own, when none are named."""


def _line(error: Exception) -> str:
    """The first sentences of an error; obstore's go on with the requests that it made."""
    text = re.split(r" Debug source:|: <\?xml", " ".join(str(error).split()), maxsplit=1)[0]
    if _NO_CREDENTIALS in text:
        return "no credentials were found: set those of its cloud, as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
    return text[:300]
