"""What the hubs have in common: small JSON answers that are checked, and files that are opened at an offset."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Annotated, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, BeforeValidator, ConfigDict, TypeAdapter, ValidationError

from ocrzoo_registry.cards.schema import Sha256
from ocrzoo_registry.errors import SourceError
from ocrzoo_registry.network.http import Web
from ocrzoo_registry.network.retry import RetryPolicy
from ocrzoo_registry.sources.base import Health, Listing, RemoteFile, Stream

if TYPE_CHECKING:
    import requests

MAX_ANSWER_BYTES = 8 << 20
"""A listing of 1,000 files has 300 kB."""

MAX_PAGES = 20
A_PAGE = "a web page came instead: a login page or a proxy may be in between"
Digest = Annotated[Sha256 | None, BeforeValidator(lambda stated: stated or None)]
"""SHA-256; an empty text, as is said of folders, is none."""


class Answer(BaseModel):
    """A part of what a hub says; unknown keys are left alone."""

    model_config = ConfigDict(frozen=True, extra="ignore")


AnswerT = TypeVar("AnswerT")


class HubSource:
    """What the sources of all hubs share; a file's reference is its address."""

    def __init__(self, endpoint: str, headers: Mapping[str, str] | None = None, *, auth_variable: str = "") -> None:
        """``headers`` authenticate at the endpoint's origin; ``auth_variable`` is where the token comes from."""
        self.endpoint = endpoint
        self.web = Web(endpoint, headers, auth_variable=auth_variable)

    def ask(self, url: str, kind: TypeAdapter[AnswerT]) -> tuple[AnswerT, Mapping[str, str]]:
        """Return a JSON answer as a record, and its headers.

        Raises:
            Gone: There is nothing at this address.
            SourceError: The hub does not answer, or not with what is due.
        """
        content, headers = RetryPolicy().call(lambda: self._small(url))
        try:
            return kind.validate_json(content), headers
        except ValidationError as error:
            if content.lstrip()[:1] == b"<":
                raise SourceError(f"{url}: {A_PAGE}") from error
            what = error.errors()[0]
            where = ".".join(map(str, what["loc"]))
            raise SourceError(f"answers {url} with something else: {where} {what['msg']}"[:300]) from error

    @contextmanager
    def open(
        self, listing: Listing, file: RemoteFile, offset: int = 0, validator: str | None = None
    ) -> Iterator[Stream]:
        """Open a file; where the hub cannot go on from the offset, or the file changed, from its start.

        Raises:
            SourceError: It cannot be had.
        """
        with open_at(self.web, file.reference, offset, validator) as stream:
            yield stream

    def check(self) -> Health:
        """Say what the hub answers at its front door (``ocrzoo sources check``).

        Raises:
            SourceError: Nothing answers.
        """
        self.web.prepare()
        start = time.monotonic()
        with self.web.get(f"{self.endpoint}/", method="HEAD", accept=range(400, 600)) as answer:
            return Health(f"HTTP {answer.status_code} from {self.endpoint}", time.monotonic() - start)

    def _small(self, url: str) -> tuple[bytes, Mapping[str, str]]:
        with self.web.get(url) as answer:
            return self.web.body(answer, max_bytes=MAX_ANSWER_BYTES), answer.headers


@contextmanager
def open_at(web: Web, url: str, offset: int, validator: str | None) -> Iterator[Stream]:
    """Open what lies at an address from an offset, or from its start where the server cannot go on from there.

    Raises:
        SourceError: It cannot be had.
    """
    with ExitStack() as stack:
        answer = stack.enter_context(web.get(url, _range(offset, validator), accept={416}))
        if answer.status_code == 416:
            answer = stack.enter_context(web.get(url))
        if answer.headers.get("Content-Encoding", "identity") != "identity":
            raise SourceError(f"sends {url} as {answer.headers['Content-Encoding']}")
        start, size = _extent(answer)
        yield Stream(web.chunks(answer), start, size, _validator(answer))


def in_path(text: str) -> str:
    """Write a repository or file name as a part of an address; its slashes stay."""
    return quote(text, safe="/")


def _range(offset: int, validator: str | None) -> dict[str, str]:
    if not offset:
        return {}
    return {"Range": f"bytes={offset}-"} | ({"If-Range": validator} if validator else {})


def _extent(answer: requests.Response) -> tuple[int, int | None]:
    """Where the body starts in the file, and how large the file is."""
    if answer.status_code == 206:
        found = re.fullmatch(r"bytes (\d{1,18})-\d{1,18}/(\d{1,18}|\*)", answer.headers.get("Content-Range", ""))
        if found is None:
            raise SourceError(f"answers a range with {answer.headers.get('Content-Range')!r}")
        return int(found[1]), None if found[2] == "*" else int(found[2])
    length = answer.headers.get("Content-Length", "")
    return 0, int(length) if re.fullmatch(r"\d{1,18}", length) else None


def _validator(answer: requests.Response) -> str | None:
    """What If-Range may be told: a strong ETag, else a date."""
    etag = answer.headers.get("ETag", "")
    if re.fullmatch(r'"[\x21\x23-\x7e]{1,200}"', etag):
        return etag
    return answer.headers.get("Last-Modified") if not etag else None
