"""``ocrzoo.create_app``: the server for any ASGI server."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import requests
from tests.core.serving.conftest import MODELS, wait_for
from tests.registry.mirror.serving.web_servers import free_port

import ocrzoo


def test_it_runs_in_uvicorn_as_the_documentation_has_it(home: Path, tmp_path: Path, sentence: bytes) -> None:
    (tmp_path / "module.py").write_text(f"import ocrzoo\napp = ocrzoo.create_app('OCR', max_pages=50, **{MODELS!r})\n")
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "module:app", "--port", str(port)]
    environ = {**os.environ, "OCRZOO_HOME": str(home)}
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=tmp_path, stderr=log, stdout=log, env=environ)
    try:
        url = f"http://127.0.0.1:{port}"
        wait_for(lambda: answers(f"{url}/readyz"), process)
        read = requests.post(f"{url}/ocr?format=txt", data=sentence, headers={"Content-Type": "image/png"}, timeout=60)
        assert read.text == "Hello 2026\n"
        assert requests.get(f"{url}/capabilities", timeout=60).json()["limits"]["max_pages"] == 50
    finally:
        process.terminate()
        process.wait(30)


def answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=10).status_code == 200
    except requests.ConnectionError:
        return False


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"max_page": 3}, "there is no setting 'max_page'"),
        ({"origins": ["site"]}, "origin 'site': a site such as https://site.example is needed"),
        ({"url_hosts": ["http://x/y"]}, "url_host 'http://x/y': a name such as files.example.org"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ocrzoo.UsageError) as raised:
        ocrzoo.create_app("OCR", **changes)
    assert str(raised.value).startswith(message)
