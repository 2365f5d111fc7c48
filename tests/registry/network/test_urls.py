"""URLs: escaped as they are sent, and printed without user and password."""

from __future__ import annotations

import base64
import traceback

import pytest

from ocrzoo_registry.errors import SourceError
from ocrzoo_registry.network.urls import authorization, quoted, without_credentials


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("http://host/a b.png", "http://host/a%20b.png"),
        ("http://host/100%.png", "http://host/100%25.png"),
        ("http://host/a%20b 50%.png", "http://host/a%20b%2050%25.png"),
        ("http://host/%C3%A4.png", "http://host/%C3%A4.png"),
        ("http://host/ä/日本.png?q=ü ß&r=5%", "http://host/%C3%A4/%E6%97%A5%E6%9C%AC.png?q=%C3%BC%20%C3%9F&r=5%25"),
        ("http://Bücher.example:8080/x", "http://xn--bcher-kva.example:8080/x"),
        ("http://[::1]:80/x y", "http://[::1]:80/x%20y"),
        ("http://ann:pass@host/x", "http://host/x"),
        ("http://ann:p@ss w@host/x@y", "http://host/x@y"),
        ("http://host?q", "http://host/?q"),
    ],
)
def test_what_is_sent(written: str, sent: str) -> None:
    assert quoted(written) == sent
    assert quoted(sent) == sent


@pytest.mark.parametrize(
    "url",
    [
        "http://",
        "http:///x",
        "http://[::1/x",
        "http://host:port/x",
        "http://good bad/x",
        "http://☃.example/",
        "http://good\\@bad/x",
        "http://host/a\nb",
        "http://host/a\x85b",
    ],
)
def test_what_is_refused(url: str) -> None:
    with pytest.raises(SourceError):
        quoted(url)


@pytest.mark.parametrize(
    ("url", "pair"),
    [
        ("http://ann:pass@host/x", "ann:pass"),
        ("http://ann@host/x", "ann:"),
        ("http://ann:p%2Fa%40s:s@host/", "ann:p/a@s:s"),
        ("http://änn:pässword@host/", "änn:pässword"),
    ],
)
def test_user_and_password_are_sent_as_basic_authentication(url: str, pair: str) -> None:
    scheme, _, sent = (authorization(url) or "").partition(" ")
    assert (scheme, base64.b64decode(sent).decode()) == ("Basic", pair)
    assert authorization("http://host/x@y") is None


@pytest.mark.parametrize(
    "url",
    [
        "http://ann:Secret@host/page.png",
        "https://Secret@host/page.png",
        "ftp://ann:Secret@host/page.png",
        "http://ann:Sec/Secret@host/page.png",
        "http://ann:Sec?Secret#@host/page.png",
    ],
)
def test_what_is_printed_has_neither(url: str) -> None:
    assert without_credentials(url) == f"{url.partition('://')[0]}://host/page.png"


@pytest.mark.parametrize(
    "url",
    ["http:/ann:Secret@host/x", "http:ann:Secret@host/x", "HTTP:///ann:Secret@host/x", " http://ann:Secret@host/x"],
)
def test_nor_if_it_is_mistyped(url: str) -> None:
    assert without_credentials(url) == url.replace("ann:Secret@", "")


@pytest.mark.parametrize("url", ["http://ann:Sec/Secret@host/page.png", "http://ann:Sec\\Secret@host/page.png"])
def test_the_refusal_of_a_password_that_is_not_escaped_does_not_quote_it(url: str) -> None:
    with pytest.raises(SourceError) as caught:
        quoted(url)
    assert "Sec" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("text", ["http://host/@scope/x@y", "page@home.png", "http://[", "", "http://host:80/"])
def test_what_has_none_is_printed_as_it_is(text: str) -> None:
    assert without_credentials(text) == text
