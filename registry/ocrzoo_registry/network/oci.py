"""OCI registries: manifests and blobs by digest, over the HTTP client of all downloads.

The OCI distribution specification has three routes that matter here: manifests by tag or digest, blobs by digest, and
uploads of blobs. Credentials and tokens are the library oras's business: it reads Docker's configuration, runs its
credential helpers and asks for tokens. Its transfers are not used: they neither verify a digest nor end in time.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Collection, Mapping
from functools import partial
from pathlib import Path
from threading import Lock
from typing import IO, TYPE_CHECKING, TypeVar
from urllib.parse import urlencode, urljoin, urlsplit

from ocrzoo_registry.errors import IntegrityError, Refused, SourceError
from ocrzoo_registry.network.deadline import Deadline
from ocrzoo_registry.network.http import Gone, Web
from ocrzoo_registry.network.oci_login import authorization
from ocrzoo_registry.network.oci_reference import is_insecure
from ocrzoo_registry.network.retry import LEAST_RATE, SILENCE_S, RetryPolicy

if TYPE_CHECKING:
    import requests

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
MAX_MANIFEST_BYTES = 4 << 20
"""The specification has registries accept this size at least."""
_LOGIN_S = 20.0
"""For a credential helper and the token service together."""


class OciRepository:
    """One repository of a registry; safe to use from several threads."""

    def __init__(self, host: str, repository: str, insecure: Collection[str] = ()) -> None:
        """``insecure`` are the hosts that are asked by http and not https; this machine is one."""
        self._host, self._repository, self._insecure = host, repository, insecure
        self.address = f"oci://{host}/{repository}"
        scheme = "http" if is_insecure(host, insecure) else "https"
        self._base = f"{scheme}://{host}/v2/{repository}"
        self.web = Web(f"{scheme}://{host}", auth_variable=f"docker login {host}", login=self._login)
        """The client, which logs in where the registry asks for it."""
        self._lock = Lock()
        self._answers: dict[str, str] = {}
        """The header ``Authorization`` by the challenge that it answers."""

    def manifest(self, target: str) -> tuple[bytes, str]:
        """Return a manifest by tag or digest, and its digest.

        Raises:
            Gone: There is none.
            IntegrityError: It does not have the digest.
            SourceError: The registry cannot be asked, or sends something else.
        """
        with self.web.get(f"{self._base}/manifests/{target}", {"Accept": MANIFEST}) as answer:
            content = self.web.body(answer, max_bytes=MAX_MANIFEST_BYTES)
        digest = digest_of(content)
        if target.startswith("sha256:") and digest != target:
            raise IntegrityError(f"{self.address}: the manifest has the digest {digest}, not {target}")
        return content, digest

    def blob(self, digest: str, max_bytes: int) -> bytes:
        """Return a small blob.

        Raises:
            Gone: There is none.
            IntegrityError: It does not have the digest.
            SourceError: The registry cannot be asked, or sends more.
        """
        with self.web.get(self.blob_url(digest)) as answer:
            content = self.web.body(answer, max_bytes=max_bytes)
        if digest_of(content) != digest:
            raise IntegrityError(f"{self.address}: a blob has the digest {digest_of(content)}, not {digest}")
        return content

    def blob_url(self, digest: str) -> str:
        """Return the URL of a blob, for :attr:`web`."""
        return f"{self._base}/blobs/{digest}"

    def push_blob(self, path: Path, digest: str) -> bool:
        """Upload a file, unless the registry has it; returns whether it was uploaded.

        Raises:
            IntegrityError: The file does not have the digest.
            SourceError: The registry cannot be asked, or refuses it.
            OSError: The file cannot be read.
        """
        size = path.stat().st_size
        return _in_time(size, f"{self.address}: {path.name}", lambda: self._push_blob(path, size, digest))

    def push_content(self, content: bytes) -> str:
        """Upload a small blob, unless the registry has it; returns its digest.

        Raises:
            SourceError: The registry cannot be asked, or refuses it.
        """
        digest = digest_of(content)

        def send() -> None:
            if not self._has(digest):
                self._upload(content, len(content), digest)

        _in_time(len(content), self.address, send)
        return digest

    def push_manifest(self, tag: str, content: bytes) -> str:
        """Upload a manifest under a tag; returns its digest.

        Raises:
            SourceError: The registry cannot be asked, or refuses it.
        """
        url, headers = f"{self._base}/manifests/{tag}", {"Content-Type": MANIFEST}
        _in_time(len(content), self.address, lambda: self._send("PUT", url, content, headers))
        return digest_of(content)

    def _push_blob(self, path: Path, size: int, digest: str) -> bool:
        if self._has(digest):
            return False
        with path.open("rb") as file:
            self._upload(file, size, digest)
        return True

    def _has(self, digest: str) -> bool:
        try:
            with self.web.get(self.blob_url(digest), method="HEAD"):
                return True
        except Gone:
            return False

    def _upload(self, content: bytes | IO[bytes], size: int, digest: str) -> None:
        """Begin an upload, and send all of it: a second try begins again."""
        begun = self._send("POST", f"{self._base}/blobs/uploads/", b"", {"Content-Length": "0"})
        place = urljoin(f"{self._base}/", begun.get("Location", ""))
        if urlsplit(place)[:2] != urlsplit(self._base)[:2] or not begun.get("Location"):
            raise SourceError(f"{self.address}: the registry wants uploads sent elsewhere, which is refused")
        url = f"{place}{'&' if urlsplit(place).query else '?'}{urlencode({'digest': digest})}"
        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(size)}
        try:
            self._send("PUT", url, content, headers)
        except Rejected as error:
            if "DIGEST_INVALID" not in str(error):
                raise
            raise IntegrityError(f"{self.address}: the file does not have the digest {digest}") from error

    def _send(self, method: str, url: str, content: bytes | IO[bytes], headers: Mapping[str, str]) -> Mapping[str, str]:
        """Send a body, and return the headers of the answer."""
        with self.web.get(url, headers, method=method, data=content, accept=range(400, 500)) as answer:
            if answer.status_code in {400, 405, 413, 415, 422}:
                raise Rejected(f"{self.address}: HTTP {answer.status_code}{_errors(self.web, answer)}")
            self.web.check(answer)
            return answer.headers

    def _login(self, answer: requests.Response) -> dict[str, str]:
        """Return the header that answers a challenge: Basic, or a token of the service that it names.

        Raises:
            Refused: There are no credentials, they are wrong, or the service is not one to send them to.
        """
        challenge, sent = answer.headers.get("WWW-Authenticate", ""), answer.request.headers.get("Authorization")
        if not self._lock.acquire(timeout=_LOGIN_S):
            raise Refused(f"{self._host}: no answer within {_LOGIN_S:.0f} s to the login of another download")
        try:
            known = self._answers.get(challenge)
            if known is None or known == sent:  # else another thread has just logged in
                call = partial(authorization, self._host, self._repository, answer, self._insecure)
                known = self._answers[challenge] = Deadline(_LOGIN_S).run(call)
        except TimeoutError as error:
            raise Refused(f"{self._host}: {error} to a login") from error
        finally:
            self._lock.release()
        return {"Authorization": known}


class Rejected(SourceError):
    """The registry does not take what was sent."""

    outcome = "refused"


def digest_of(content: bytes) -> str:
    """Return ``sha256:`` and the digest of a content."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


Result = TypeVar("Result")


def _in_time(size: int, what: str, call: Callable[[], Result]) -> Result:
    """Send something with retries, within the time that its size allows."""
    limit = 2 * SILENCE_S + 2 * size / LEAST_RATE
    try:
        return Deadline(limit).run(lambda: RetryPolicy(what=what).call(call))
    except TimeoutError as error:
        raise SourceError(f"{what}: not sent within {limit:.0f} s") from error


def _errors(web: Web, answer: requests.Response) -> str:
    """What a registry says is wrong, in one line: its codes."""
    try:
        stated = json.loads(web.body(answer, max_bytes=100_000))["errors"]
        codes = [str(one["code"]) for one in stated]
    except (SourceError, ValueError, KeyError, TypeError, RecursionError):
        return ""
    return "".join(f" {code}" for code in codes if re.fullmatch(r"[A-Z_]{1,40}", code))
