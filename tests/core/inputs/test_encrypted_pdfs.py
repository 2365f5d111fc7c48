"""Encrypted PDFs: read with the user's or the owner's password, and with none if they need none."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fpdf import FPDF
from fpdf.enums import EncryptionMethod

from ocrzoo.inputs import count_pages, pages
from ocrzoo_registry.errors import InputError, UsageError

METHODS = [EncryptionMethod.RC4, EncryptionMethod.AES_128, EncryptionMethod.AES_256]
HOW = "--password or --password_file; in Python, password="

Failing = Callable[[Any], str]


def letter() -> FPDF:
    """Two pages with a black square at the top left."""
    file = FPDF()
    for _ in range(2):
        file.add_page()
        file.rect(0, 0, 20, 20, style="F")
    return file


def encrypted(method: EncryptionMethod = EncryptionMethod.AES_256, owner: str = "Owner9", user: str = "User7") -> bytes:
    file = letter()
    file.set_encryption(owner_password=owner, user_password=user or None, encryption_method=method)
    return bytes(file.output())


def is_read(content: bytes, password: Any) -> bool:
    """Whether both pages are those of the file without encryption."""
    plain = [page.read() for page in pages(bytes(letter().output()))]
    found = [page.read() for page in pages(content, password=password)]
    return all((one == other).all() for one, other in zip(found, plain, strict=True))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("password", ["User7", "Owner9", ["no", "User7"], ("", "no", "Owner9", "User7")])
def test_the_password_of_the_user_or_the_owner(method: EncryptionMethod, password: Any) -> None:
    assert is_read(encrypted(method), password)


@pytest.mark.parametrize("method", METHODS)
def test_letters_beyond_ascii(method: EncryptionMethod) -> None:
    assert is_read(encrypted(method, user="Schlüssel ß"), "Schlüssel ß")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("password", [None, "", "another", ["no", "none"]])
def test_a_file_that_readers_need_no_password_for(method: EncryptionMethod, password: Any) -> None:
    assert is_read(encrypted(method, user=""), password)


def test_a_password_that_is_not_needed_does_no_harm() -> None:
    assert is_read(bytes(letter().output()), "Secret")


@pytest.mark.parametrize("method", METHODS)
def test_without_a_password_the_error_says_how_to_give_it(method: EncryptionMethod, the_error: Failing) -> None:
    assert the_error(encrypted(method)) == f"the bytes given: encrypted with a password: give it with {HOW}"


@pytest.mark.parametrize("password", ["Secret", ["Secret", "SecretToo"]])
def test_a_wrong_password_is_an_error_that_does_not_tell_it(
    password: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    path = tmp_path / "letter.pdf"
    path.write_bytes(encrypted())
    (page,) = pages(path, password=password)
    with pytest.raises(InputError) as caught:
        page.read()
    assert str(caught.value) == f"{path}: encrypted, and no password given opens it: check {HOW}"
    assert "Secret" not in "".join(traceback.format_exception(caught.value)) + caplog.text + repr(page)


def test_each_file_of_several_finds_its_own() -> None:
    files = [encrypted(user="first"), encrypted(user="second")]
    found = list(pages(files, password=["second", "first"]))
    assert [page.page_index for page in found] == [0, 1, 0, 1]
    assert all(page.read()[0, 0].max() == 0 for page in found)


def test_pages_are_counted_with_the_password() -> None:
    assert count_pages(encrypted()) == 1, "the page that says why"
    assert count_pages(encrypted(), password="User7") == 2


@pytest.mark.parametrize("password", [7, b"User7", [7], {"a": "User7"}, "Secret\udcff"])
def test_a_password_is_text(password: Any) -> None:
    with pytest.raises(UsageError, match=r"^password: text is needed, or a list of texts$"):
        list(pages(encrypted(), password=password))
