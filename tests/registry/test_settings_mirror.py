"""``OCRZOO_MIRROR``, ``OCRZOO_MIRROR_TOKEN`` and ``OCRZOO_MIRROR_KEY``."""

from __future__ import annotations

from pathlib import Path

import pytest

from ocrzoo_registry.errors import UsageError
from ocrzoo_registry.settings import Settings


def settings(**environ: str) -> Settings:
    return Settings.from_environment(environ)


def test_without_the_variable_there_is_no_mirror() -> None:
    assert settings().mirror is None
    assert settings(OCRZOO_MIRROR=" ").mirror is None
    assert settings().mirror_key is None


@pytest.mark.parametrize(
    ("stated", "address", "scheme"),
    [
        ("https://models.lan", "https://models.lan", "http"),
        ("HTTP://models.lan:8000/ocr/", "HTTP://models.lan:8000/ocr", "http"),
        ("s3://models", "s3://models", "s3"),
        ("s3://models/ocr/zoo/", "s3://models/ocr/zoo", "s3"),
        ("oci://registry.lan:5000/ocr/models/", "oci://registry.lan:5000/ocr/models", "oci"),
        ("file:///srv/models/", "/srv/models", "file"),
        ("file://localhost/srv/with%20space", "/srv/with space", "file"),
        ("/srv/models", "/srv/models", "file"),
        ("/", "/", "file"),
    ],
)
def test_an_address_a_bucket_or_a_folder(stated: str, address: str, scheme: str) -> None:
    mirror = settings(OCRZOO_MIRROR=stated).mirror
    assert mirror is not None
    assert (mirror.address, mirror.scheme) == (address, scheme)


def test_a_folder_is_one_of_today_wherever_the_process_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    mirror = settings(OCRZOO_MIRROR="models").mirror
    assert mirror is not None
    assert mirror.address == str(tmp_path / "models")


@pytest.mark.parametrize(
    "stated",
    [
        "ftp://models.lan",
        "https://",
        "https://user:secret@models.lan",
        "https://models.lan?key=secret",
        "s3://",
        "s3://UPPER/x",
        "s3:///models",
        "oci://registry.lan",
        "oci://registry.lan/models:tag",
        "oci://registry.lan/Models",
        "oci://user:secret@registry.lan/models",
        "file://another-machine/srv",
        "file:srv",
        "file://",
        "file:///a%00b",
        "http://a b",
    ],
)
def test_anything_else_is_one_clear_mistake(stated: str) -> None:
    with pytest.raises(UsageError, match="OCRZOO_MIRROR=") as caught:
        settings(OCRZOO_MIRROR=stated)
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_token_is_kept_out_of_sight() -> None:
    told = settings(OCRZOO_MIRROR="https://models.lan", OCRZOO_MIRROR_TOKEN="t0ken")
    assert told.mirror is not None
    assert told.mirror.token == "t0ken"
    assert "t0ken" not in repr(told)


def test_a_key_that_is_not_there_does_not_pass_for_none(tmp_path: Path) -> None:
    key = tmp_path / "mirror.pub"
    with pytest.raises(UsageError, match="OCRZOO_MIRROR_KEY="):
        settings(OCRZOO_MIRROR_KEY=str(key))
    key.write_text("a key")
    assert settings(OCRZOO_MIRROR_KEY=str(key)).mirror_key == key
