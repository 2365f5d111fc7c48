"""The base of all hub sources: validated JSON answers, and files opened at an offset."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import TYPE_CHECKING, Annotated, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, BeforeValidator, ConfigDict, TypeAdapter, ValidationError

from ocrzoo_registry.cards.fields import Sha256
from ocrzoo_registry.cards.loader import first_fault
from ocrzoo_registry.errors import SourceError
from ocrzoo_registry.network.http import Web
from ocrzoo_registry.network.retry import RetryPolicy
from ocrzoo_registry.sources.base import Health, Listing, RemoteFile, Stream

if TYPE_CHECKING:
    import requests

MAX_ANSWER_BYTES = 8 << 20
"""A listing of 1,000 files has 300 kB."""

MAX_PAGES = 20
A_PAGE = "got a web page instead; a login page or a proxy may be in between"
Digest = Annotated[Sha256 | None, BeforeValidator(lambda stated: stated or None)]
"""SHA-256; an empty string, as hubs give for folders, means no digest."""


class Answer(BaseModel):
    """A part of a hub's answer; unknown keys are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


AnswerT = TypeVar("AnswerT")


class HubSource:
    """The base class of hub sources; a file's reference is its URL."""

    def __init__(self, endpoint: str, headers: Mapping[str, str] | None = None, *, auth_variable: str = "") -> None:
        """``headers`` authenticate at the endpoint's origin; ``auth_variable`` is where the token comes from."""
        self.endpoint = endpoint
        self.web = Web(endpoint, headers, auth_variable=auth_variable)

    def ask(self, url: str, kind: TypeAdapter[AnswerT]) -> tuple[AnswerT, Mapping[str, str]]:
        """Return a JSON answer as a record, and its headers.

        Raises:
            Gone: The URL does not exist.
            SourceError: The hub does not answer, or with invalid data.
        """
        content, headers = RetryPolicy(what=url).call(lambda: self._small(url))
        try:
            return kind.validate_json(content), headers
        except ValidationError as error:
            if content.lstrip()[:1] == b"<":
                raise SourceError(f"{url}: {A_PAGE}") from error
            raise SourceError(f"{url}: invalid answer: {first_fault(error)}"[:300]) from error

    def open(
        self, listing: Listing, file: RemoteFile, offset: int = 0, validator: str | None = None
    ) -> AbstractContextManager[Stream]:
        """Open a file at an offset; from its start if the hub cannot resume or the file changed.

        Raises:
            SourceError: It could not be opened.
        """
        return open_at(self.web, file.reference, offset, validator)

    def check(self) -> Health:
        """Ask for the hub's start page (``ocrzoo sources check``).

        Raises:
            SourceError: No answer.
        """
        _ = self.web.session  # the time to load the library is not the source's
        start = time.monotonic()
        with self.web.get(f"{self.endpoint}/", method="HEAD", accept=range(400, 600)) as answer:
            return Health(f"HTTP {answer.status_code} from {self.endpoint}", time.monotonic() - start)

    def _small(self, url: str) -> tuple[bytes, Mapping[str, str]]:
        with self.web.get(url) as answer:
            return self.web.body(answer, max_bytes=MAX_ANSWER_BYTES), answer.headers


@contextmanager
def open_at(web: Web, url: str, offset: int, validator: str | None) -> Iterator[Stream]:
    """Open a URL at an offset, or at its start if the server cannot resume.

    Raises:
        SourceError: It could not be opened.
    """
    with ExitStack() as stack:
        answer = stack.enter_context(web.get(url, _range(offset, validator), accept={416}))
        if answer.status_code == 416:
            answer = stack.enter_context(web.get(url))
        if answer.headers.get("Content-Encoding", "identity") != "identity":
            raise SourceError(f"{url}: unexpected encoding {answer.headers['Content-Encoding']}")
        start, size = _extent(answer)
        yield Stream(web.chunks(answer), start, size, _validator(answer))


def in_path(text: str) -> str:
    """Return a repository or file name quoted for a URL; slashes stay."""
    return quote(text, safe="/")


def _range(offset: int, validator: str | None) -> dict[str, str]:
    if not offset:
        return {}
    return {"Range": f"bytes={offset}-"} | ({"If-Range": validator} if validator else {})


def _extent(answer: requests.Response) -> tuple[int, int | None]:
    """The offset of the body in the file, and the size of the file."""
    if answer.status_code == 206:
        found = re.fullmatch(r"bytes (\d{1,18})-\d{1,18}/(\d{1,18}|\*)", answer.headers.get("Content-Range", ""))
        if found is None:
            raise SourceError(f"invalid Content-Range {answer.headers.get('Content-Range')!r}")
        return int(found[1]), None if found[2] == "*" else int(found[2])
    length = answer.headers.get("Content-Length", "")
    return 0, int(length) if re.fullmatch(r"\d{1,18}", length) else None


def _validator(answer: requests.Response) -> str | None:
    """The value for If-Range: a strong ETag, else a date."""
    etag = answer.headers.get("ETag", "")
    if re.fullmatch(r'"[\x21\x23-\x7e]{1,200}"', etag):
        return etag
    return answer.headers.get("Last-Modified") if not etag else None
