"""Clients in the tutorial's seven languages read a page by our server: the same calls, the same keys, written anew.

A language without its compiler is skipped, unless ``OCRZOO_ALL_CLIENTS=1`` demands all. ``OCRZOO_CLIENTS_URL`` names a
server that runs already, such as PaddleX's own.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from tests.serving_clients.languages import LANGUAGES, Language
from tests.serving_clients.server import running, wait_until_ready

from ocrzoo_registry.zoo import Zoo

pytestmark = [pytest.mark.clients, pytest.mark.weights]

ALL = os.environ.get("OCRZOO_ALL_CLIENTS") == "1"
GIVEN = os.environ.get("OCRZOO_CLIENTS_URL")
NOTE = (0, 160, 720, 340)
"""Where five lines lie in ``chinese_mixed.png``."""
LINES = ["文字检测detection", "文字识别recognition", "版本v2.5，共18385类，准确率81.3%"]
"""Some of them."""


@pytest.fixture(scope="module")
def url(home: Path, zoo: Zoo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the base URL of a server."""
    if GIVEN:
        wait_until_ready(GIVEN)
        yield GIVEN
        return
    with running(tmp_path_factory.mktemp("server"), home, zoo) as found:
        yield found


@pytest.fixture(scope="module")
def note(pages: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a JPEG."""
    path = tmp_path_factory.mktemp("note") / "note.jpg"
    Image.open(pages["chinese_mixed.png"]).convert("RGB").crop(NOTE).save(path, quality=95)
    return path


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda language: language.name)
def test_client_reads_a_page(language: Language, url: str, note: Path, tmp_path: Path) -> None:
    missing = language.missing()
    if missing and not ALL:
        pytest.skip(f"{language.name} lacks {', '.join(missing)}")
    assert not missing
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    language.build(tmp_path / "client")
    lines = language.read(tmp_path / "client", url, note, pictures)
    assert [line for line in lines if line in LINES] == LINES
    saved = sorted(pictures.glob("*.jpg"))
    assert saved
    for path in saved:
        with Image.open(path) as picture:
            picture.load()
            assert picture.format == "JPEG"
