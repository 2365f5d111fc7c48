"""A mirror in a bucket, over S3's protocol.

boto3 (the extra ``s3``) finds credentials, region and endpoint as every program of AWS does (``AWS_ACCESS_KEY_ID``,
``AWS_PROFILE``, ``AWS_ENDPOINT_URL`` ...); without credentials the bucket is read as anybody may.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from threading import Lock
from typing import Any

from ocrzoo_registry.contracts import Opened
from ocrzoo_registry.errors import Busy, Refused, SourceError, Unreachable
from ocrzoo_registry.settings import Mirror
from ocrzoo_registry.sources.places import Document
from ocrzoo_registry.web import CONNECT_S, IDLE_S, Gone

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
    def open(self, path: str, offset: int, validator: str | None) -> Iterator[Opened]:
        """Open an object at an offset."""
        answer = self._get(path, **({"Range": f"bytes={offset}-"} if offset else {}))
        if answer is None:
            raise SourceError(f"{self._name(path)}: answers that nothing changed")
        start = offset if "ContentRange" in answer else 0
        size = answer.get("ContentLength")
        yield Opened(
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
