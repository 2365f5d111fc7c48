"""Where a mirror may lie: behind a web server, or in a folder (:mod:`ocrzoo_registry.mirror.backends`: in a bucket)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

from ocrzoo_registry.errors import Busy, Refused, SourceError, Unreachable
from ocrzoo_registry.files import open_regular, read_chunks, reason
from ocrzoo_registry.index.schema import FILE_NAME
from ocrzoo_registry.mirror.release import CURRENT
from ocrzoo_registry.network.deadline import within
from ocrzoo_registry.network.http import CONNECT_S, IDLE_S, Gone
from ocrzoo_registry.network.retry import SILENCE_S
from ocrzoo_registry.settings import Mirror
from ocrzoo_registry.sources.base import Stream


@dataclass(frozen=True)
class Document:
    """A small file as it was read."""

    content: bytes
    state: str | None
    """What tells this state of it from others; ``None`` where nothing does."""


class Place(Protocol):
    """Something that holds files under relative paths."""

    def read(self, path: str, max_bytes: int, known: str | None = None) -> Document | None:
        """Read a small file whole; ``None`` if it is still in the state ``known``.

        Raises:
            Gone: There is no such file.
            SourceError: It cannot be read, or is larger.
        """
        ...

    def open(self, path: str, offset: int, validator: str | None) -> AbstractContextManager[Stream]:
        """Open a file at an offset, or at its start.

        Raises:
            Gone: There is no such file.
            SourceError: It cannot be read.
        """
        ...


class WebPlace:
    """A folder of a web server; no more is asked of it than to send files."""

    def __init__(self, mirror: Mirror) -> None:
        from ocrzoo_registry.network.http import Web

        self._base = mirror.address
        self._web = Web(
            mirror.address,
            {"Authorization": f"Bearer {mirror.token}"} if mirror.token else {},
            auth_variable="OCRZOO_MIRROR_TOKEN",
        )

    def read(self, path: str, max_bytes: int, known: str | None = None) -> Document | None:
        """Read a small file; whether it changed is told by entity tags alone, since times are too coarse."""
        headers = {"If-None-Match": known} if known else {}
        with self._web.get(f"{self._base}/{path}", headers, accept={304}) as answer:
            if answer.status_code == 304:
                return None
            return Document(self._web.body(answer, max_bytes=max_bytes), answer.headers.get("ETag"))

    def open(self, path: str, offset: int, validator: str | None) -> AbstractContextManager[Stream]:
        """Open a file; a server without ranges sends it from the start."""
        from ocrzoo_registry.sources.hub import open_at

        return open_at(self._web, f"{self._base}/{path}", offset, validator)


class FolderPlace:
    """A folder: a mirror's own, or the tree that it serves, or a copy of that."""

    def __init__(self, mirror: Mirror) -> None:
        self._root = Path(mirror.address)

    def read(self, path: str, max_bytes: int, known: str | None = None) -> Document | None:
        """Read a small file; its size and time tell whether it changed. A disk of another machine may not answer."""
        try:
            return within(SILENCE_S, lambda: self._read(self._path(path), max_bytes, known))
        except TimeoutError as error:
            raise Unreachable(f"{self._root}: {error}") from error

    def _read(self, whole: Path, max_bytes: int, known: str | None) -> Document | None:
        try:
            with open_regular(whole) as file:
                status = whole.stat()
                state = f"{status.st_dev}-{status.st_ino}-{status.st_size}-{status.st_mtime_ns}"
                if state == known:
                    return None
                content = file.read(max_bytes + 1)
        except (FileNotFoundError, NotADirectoryError) as error:
            raise Gone(f"there is no {whole}") from error
        except OSError as error:
            raise SourceError(f"{whole}: {reason(error)}") from error
        if len(content) > max_bytes:
            raise SourceError(f"{whole}: larger than {max_bytes >> 20} MiB")
        return Document(content, state)

    @contextmanager
    def open(self, path: str, offset: int, validator: str | None) -> Iterator[Stream]:
        """Open a file."""
        whole = self._path(path)
        try:
            size = whole.stat().st_size
        except OSError as error:
            raise Gone(f"{whole}: {reason(error)}") from error
        yield Stream(read_chunks(whole, offset), offset, size)

    def _path(self, path: str) -> Path:
        """Where a file lies now: another release may take the place of this one at any time."""
        current = self._root / CURRENT
        return (current if (current / FILE_NAME).exists() else self._root) / path


def place_of(mirror: Mirror) -> Place:
    """Return the place that a mirror lies at."""
    if mirror.scheme == "http":
        return WebPlace(mirror)
    if mirror.scheme == "s3":
        return BucketPlace(mirror)
    return FolderPlace(mirror)


CHUNK_BYTES = 256 << 10
"""The client waits until so much is there; a slow bucket is seen to move all the same."""


class BucketPlace:
    """The keys of a bucket below a prefix."""

    def __init__(self, mirror: Mirror) -> None:
        bucket, _, prefix = mirror.address.partition("://")[2].partition("/")
        self._bucket = bucket
        self._prefix = f"{prefix}/" if prefix else ""
        self._client: Any = None
        self._lock = Lock()

    def read(self, path: str, max_bytes: int, known: str | None = None) -> Document | None:
        """Read a small object; its entity tag tells whether it changed."""
        answer = self._get(path, **({"IfNoneMatch": known} if known else {}))
        if answer is None:
            return None
        content = b"".join(self._chunks(path, answer["Body"], max_bytes))
        return Document(content, answer.get("ETag"))

    @contextmanager
    def open(self, path: str, offset: int, validator: str | None) -> Iterator[Stream]:
        """Open an object at an offset."""
        answer = self._get(path, **({"Range": f"bytes={offset}-"} if offset else {}))
        if answer is None:
            raise SourceError(f"{self._name(path)}: answers that nothing changed")
        start = offset if "ContentRange" in answer else 0
        size = answer.get("ContentLength")
        yield Stream(
            self._chunks(path, answer["Body"]), start, None if size is None else start + int(size), answer.get("ETag")
        )

    def _get(self, path: str, **more: str) -> Any:
        """Ask for an object; ``None`` where it did not change, the whole of it where the range is not there.

        Raises:
            SourceError: It cannot be had.
        """
        client = self._asked()
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return client.get_object(Bucket=self._bucket, Key=f"{self._prefix}{path}", **more)
        except ClientError as error:
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
            if status == 304:
                return None
            if status == 416 and "Range" in more:
                return self._get(path)
            raise self._refusal(path, error, status) from error
        except BotoCoreError as error:
            raise self._failure(path, error) from error

    def _chunks(self, path: str, body: Any, max_bytes: int | None = None) -> Iterator[bytes]:
        from botocore.exceptions import BotoCoreError
        from urllib3.exceptions import HTTPError

        count = 0
        with closing(body):
            try:
                while chunk := body.read(CHUNK_BYTES):
                    count += len(chunk)
                    if max_bytes is not None and count > max_bytes:
                        raise SourceError(f"{self._name(path)}: larger than {max_bytes >> 20} MiB")
                    yield chunk
            except (BotoCoreError, HTTPError, OSError) as error:
                raise Unreachable(f"{self._name(path)}: {_told(error)}") from error

    def _asked(self) -> Any:
        """The client, made when it is first needed."""
        with self._lock:
            if self._client is None:
                self._client = _new_client()
            return self._client

    def _name(self, path: str) -> str:
        return f"s3://{self._bucket}/{self._prefix}{path}"

    def _refusal(self, path: str, error: Any, status: int | None) -> SourceError:
        code = str(error.response.get("Error", {}).get("Code", ""))
        told = f"{self._name(path)}: {code or f'HTTP {status}'}"
        if status == 404 or code in {"NoSuchKey", "NoSuchBucket"}:
            return Gone(told)
        if status in {401, 403}:
            return Refused(f"{told}: the credentials of AWS may be missing or wrong")
        if status in {408, 429, 500, 502, 503, 504} or code == "SlowDown":
            return Busy(told)
        return SourceError(told)

    def _failure(self, path: str, error: Exception) -> SourceError:
        from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError, HTTPClientError

        told = f"{self._name(path)}: {_told(error)}"
        if isinstance(error, EndpointConnectionError | ConnectTimeoutError):
            return Unreachable(told, connected=False)
        return Unreachable(told) if isinstance(error, HTTPClientError) else SourceError(told)


def _new_client() -> Any:
    """A client that neither waits long nor tries again by itself: those who call it do."""
    try:
        import boto3
        from botocore import UNSIGNED
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError
    except ImportError as error:
        raise SourceError("a mirror in a bucket needs boto3: pip install 'ocrzoo[s3]'") from error
    try:
        session = boto3.Session()
        config = Config(
            connect_timeout=CONNECT_S,
            read_timeout=IDLE_S,
            retries={"total_max_attempts": 1},
            max_pool_connections=16,
            response_checksum_validation="when_required",
            signature_version=None if session.get_credentials() else UNSIGNED,
        )
        return session.client("s3", config=config)
    except (BotoCoreError, ValueError) as error:
        raise SourceError(f"boto3: {_told(error)}") from error


def _told(error: Exception) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__
