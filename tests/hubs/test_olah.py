"""A HuggingFace mirror written by others serves models to the hub's own client, without any upstream."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.hubs.environments import Environments
from tests.hubs.kit import MODEL, NOWHERE, ask, contents, download
from tests.hubs.olah import run_olah

pytestmark = [pytest.mark.slow, pytest.mark.environments]

FILES = {"inference.yml": b"Global: {}\n", "inference.json": b"{}", "inference.pdiparams": bytes(range(256)) * 99}


@pytest.fixture(scope="module")
def olah(environments: Environments, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with run_olah(environments.python("olah"), tmp_path_factory.mktemp("olah"), {MODEL: FILES}) as url:
        yield url


def test_huggingface_downloads_from_olah(olah: str, tmp_path: Path) -> None:
    settings = {"HF_ENDPOINT": olah, "HTTPS_PROXY": NOWHERE}
    assert contents(download("huggingface", MODEL, tmp_path, settings)) == FILES


def test_what_olah_does_otherwise_than_the_hub(olah: str) -> None:
    """A client that is to work with it needs no ranges, no length and no tag of a body, and no root to check."""
    target = f"/PaddlePaddle/{MODEL}/resolve/main/inference.pdiparams"
    answer = ask(olah, target, Range="bytes=10-")
    assert (answer.status, answer.body) == (200, FILES["inference.pdiparams"])
    assert not {"etag", "content-length", "accept-ranges"} & answer.headers.keys()
    assert '"' not in ask(olah, target, "HEAD").headers["etag"]
    assert ask(olah, f"/api/models/PaddlePaddle/{MODEL}/tree/main?recursive=true").status == 307
    assert ask(olah, "/", "HEAD").status == 405
    assert ask(olah, "/api/models/PaddlePaddle/none/revision/main").status == 401
