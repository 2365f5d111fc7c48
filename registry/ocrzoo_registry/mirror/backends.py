"""Where a mirror may be stored: behind a web server, in a folder or in a bucket; :mod:`.oci` has registries."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

from ocrzoo_registry.errors import Busy, Refused, SourceError, Unreachable
from ocrzoo_registry.files import open_regular, os_errors_as, read_chunks, reason
from ocrzoo_registry.index.schema import FILE_NAME
from ocrzoo_registry.mirror.release import CURRENT
from ocrzoo_registry.network.deadline import Deadline
from ocrzoo_registry.network.http import CONNECT_S, IDLE_S, Gone
from ocrzoo_registry.network.retry import PATIENCE_S, SILENCE_S
from ocrzoo_registry.settings import Mirror, Settings
from ocrzoo_registry.sources.base import Stream


@dataclass(frozen=True)
class Document:
    """A small file that was read."""

    content: bytes
    state: str | None
    """Identifies this state of the file; ``None`` if nothing does."""


class Backend(Protocol):
    """A store of files with relative paths."""

    def read(self, path: str, max_bytes: int, known: str | None = None) -> Document | None:
        """Read a small file; ``None`` if its state is still ``known``.

        Raises:
            Gone: There is no such file.
            SourceError: It cannot be read, or is larger than ``max_bytes``.
        """
        ...

    def open(self, path: str, offset: int, validator: str | None) -> AbstractContextManager[Stream]:
        """Open a file at an offset, or at its start.

        Raises:
            Gone: There is no such file.
            SourceError: It cannot be read.
        """
        ...


class WebBackend:
    """A folder of any web server that sends files."""

    def __init__(self, mirror: Mirror) -> None:
        from ocrzoo_registry.network.http import Web

        self._base = mirror.address
        self._web = Web(
            mirror.address,
            {"Authorization": f"Bearer {mirror.token}"} if mirror.token else {},
            auth_variable="OCRZOO_MIRROR_TOKEN",
            patience_s=PATIENCE_S,
        )

    def read(self, path: str, max_bytes: int, known: str | None = None) -> Document | None:
        """Read a small file; only entity tags show whether it changed, since times are too coarse."""
        headers = {"If-None-Match": known} if known else {}
        with self._web.get(f"{self._base}/{path}", headers, accept={304}) as answer:
            if answer.status_code == 304:
                return None
            return Document(self._web.body(answer, max_bytes=max_bytes), answer.headers.get("ETag"))

    def open(self, path: str, offset: int, validator: str | None) -> AbstractContextManager[Stream]:
        """Open a file; a server without range support sends it from the start."""
        from ocrzoo_registry.sources.hub import open_at

        return open_at(self._web, f"{self._base}/{path}", offset, validator)


class FolderBackend:
    """A folder: a mirror, the tree that it serves, or a copy of that."""

    def __init__(self, mirror: Mirror) -> None:
        self._root = Path(mirror.address)

    def read(self, path: str, max_bytes: int, known: str | None = None) -> Document | None:
        """Read a small file; size and times show whether it changed. A network disk may not answer."""
        try:
            return Deadline(SILENCE_S).run(lambda: self._read(self._path(path), max_bytes, known))
        except TimeoutError as error:
            raise Unreachable(f"{self._root}: {error}") from error

    def _read(self, whole: Path, max_bytes: int, known: str | None) -> Document | None:
        try:
            with open_regular(whole) as file:
                status = whole.stat()
                state = f"{status.st_dev}-{status.st_ino}-{status.st_size}-{status.st_mtime_ns}"
                if state == known:
                    return None
                content = file.read(min(status.st_size, max_bytes) + 1)
        except (FileNotFoundError, NotADirectoryError) as error:
            raise Gone(f"{whole} does not exist") from error
        except OSError as error:
            raise SourceError(f"{whole}: {reason(error)}") from error
        if len(content) > max_bytes:
            raise SourceError(f"{whole}: larger than {max_bytes >> 20} MiB")
        return Document(content, state)

    @contextmanager
    def open(self, path: str, offset: int, validator: str | None) -> Iterator[Stream]:
        """Open a file."""
        whole = self._path(path)
        with os_errors_as(Gone, str(whole)):
            size = whole.stat().st_size
        yield Stream(read_chunks(whole, offset), offset, size)

    def _path(self, path: str) -> Path:
        """The present path of a file: another release may be published at any time."""
        current = self._root / CURRENT
        return (current if (current / FILE_NAME).exists() else self._root) / path


def backend_of(settings: Settings, mirror: Mirror) -> Backend:
    """Return the backend of a mirror's URL or folder."""
    if mirror.scheme == "oci":
        from ocrzoo_registry.mirror.oci import RegistryBackend

        return RegistryBackend(mirror.address, settings)
    if mirror.scheme == "http":
        return WebBackend(mirror)
    if mirror.scheme == "s3":
        return BucketBackend(mirror)
    return FolderBackend(mirror)


CHUNK_BYTES = 256 << 10
"""Read size: small, so that a slow bucket still shows progress."""


class BucketBackend:
    """The objects of an S3 bucket below a prefix."""

    def __init__(self, mirror: Mirror) -> None:
        bucket, _, prefix = mirror.address.partition("://")[2].partition("/")
        self._bucket = bucket
        self._prefix = f"{prefix}/" if prefix else ""
        self._client: Any = None
        self._lock = Lock()

    def read(self, path: str, max_bytes: int, known: str | None = None) -> Document | None:
        """Read a small object; its entity tag shows whether it changed."""
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
            raise SourceError(f"{self._name(path)}: unexpected answer 304 (not modified)")
        start = offset if "ContentRange" in answer else 0
        size = answer.get("ContentLength")
        yield Stream(
            self._chunks(path, answer["Body"]), start, None if size is None else start + int(size), answer.get("ETag")
        )

    def _get(self, path: str, **more: str) -> Any:
        """Request an object; ``None`` if it did not change, all of it if the range is not satisfiable.

        Raises:
            SourceError: It cannot be read.
        """
        client = self._shared_client()
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return client.get_object(Bucket=self._bucket, Key=f"{self._prefix}{path}", **more)
        except ClientError as error:
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
            if status == 304:
                return None
            if status == 416 and "Range" in more:
                return self._get(path)
            raise self._response_error(path, error, status) from error
        except BotoCoreError as error:
            raise self._connection_error(path, error) from error

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
                raise Unreachable(f"{self._name(path)}: {_one_line(error)}") from error

    def _shared_client(self) -> Any:
        """The client, created on first use."""
        with self._lock:
            if self._client is None:
                self._client = _new_client()
            return self._client

    def _name(self, path: str) -> str:
        return f"s3://{self._bucket}/{self._prefix}{path}"

    def _response_error(self, path: str, error: Any, status: int | None) -> SourceError:
        code = str(error.response.get("Error", {}).get("Code", ""))
        message = f"{self._name(path)}: {code or f'HTTP {status}'}"
        if status == 404 or code in {"NoSuchKey", "NoSuchBucket"}:
            return Gone(message)
        if status in {401, 403}:
            return Refused(f"{message}: check the AWS credentials")
        if status in {408, 429, 500, 502, 503, 504} or code == "SlowDown":
            return Busy(message)
        return SourceError(message)

    def _connection_error(self, path: str, error: Exception) -> SourceError:
        from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError, HTTPClientError

        message = f"{self._name(path)}: {_one_line(error)}"
        if isinstance(error, EndpointConnectionError | ConnectTimeoutError):
            return Unreachable(message, connected=False)
        return Unreachable(message) if isinstance(error, HTTPClientError) else SourceError(message)


def _new_client() -> Any:
    """A client with short timeouts and without retries, which its callers do."""
    try:
        import boto3
        from botocore import UNSIGNED
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError
    except ImportError as error:
        raise SourceError("boto3 is not installed: run pip install 'ocrzoo[s3]'") from error
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
        raise SourceError(f"boto3: {_one_line(error)}") from error


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__
