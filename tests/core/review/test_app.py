"""What the page's server answers: to its own page everything, to others nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.core.review.kit import DOUBTFUL, decisions, recorded, saved

from ocrzoo.datasets.corrections import CorrectionLog, latest, read_corrections
from ocrzoo.review.app import MOST_BYTES, Review, application
from ocrzoo.review.lines import decisions_for, lines_of

TOKEN = "a-token"
OWN = "http://127.0.0.1:8090"


class Client:
    """Asks the application without a socket."""

    def __init__(self, app: Any) -> None:
        self._app = app

    def ask(self, path: str, body: bytes | None = None, *, host: str = OWN, **headers: str) -> httpx.Response:
        """Send one request; ``path`` is below the token."""

        async def asked() -> httpx.Response:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(self._app), base_url=host) as client:
                method = "GET" if body is None else "POST"
                return await client.request(method, path, content=body, headers=headers)

        return asyncio.run(asked())

    def own(self, path: str, body: bytes | None = None, **headers: str) -> httpx.Response:
        return self.ask(f"/{TOKEN}/{path}", body, **headers)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "review"


@pytest.fixture
def client(folder: Path, tmp_path: Path) -> Iterator[Client]:
    log = CorrectionLog(folder)
    lines = lines_of([saved(tmp_path)], folder, None, on_error=lambda error: pytest.fail(str(error)))
    yield Client(application(Review(lines, {}, folder, log), TOKEN, ["127.0.0.1"]))
    log.close()


def test_the_page_its_files_and_its_lines_are_served(client: Client) -> None:
    page = client.own("")
    assert page.headers["content-type"].startswith("text/html")
    for name in ("app.js", "lines.js", "style.css", "theme.css", "icon.svg"):
        assert f'"{name}"' in page.text or name == "lines.js"
        assert client.own(name).status_code == 200
    lines = client.own("lines").json()["lines"]
    assert len(lines) == 9
    assert lines[0]["marks"] == [[2, 3]]
    assert lines[0]["alternatives"] == ["<b>first</b> & other", ""]
    picture = client.own("pictures/0")
    assert picture.headers["content-type"] == "image/png"
    assert picture.content.startswith(b"\x89PNG")


def test_names_and_texts_that_are_no_unicode_are_served_all_the_same(folder: Path, tmp_path: Path) -> None:
    text = "a \udce9"
    file = tmp_path / "a_res.json"
    file.write_text(json.dumps(recorded(rec_texts=[text] * 9, rec_chars=...)))
    lines = lines_of([file], folder, None, on_error=lambda error: pytest.fail(str(error)))
    log = CorrectionLog(folder)
    shown = Client(application(Review(lines, {}, folder / "\udce9", log), TOKEN, ["127.0.0.1"])).own("lines")
    log.close()
    assert json.loads(shown.text)["lines"][0]["read"] == text
    assert json.loads(shown.text)["folder"].endswith("\udce9")


def test_nothing_is_run_or_loaded_from_elsewhere(client: Client) -> None:
    headers = client.own("").headers
    assert "default-src 'self'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize(
    "path",
    [
        "pictures/9",
        "pictures/-1",
        "pictures/../../sample_res.json",
        "pictures/%2e%2e/x",
        "../pyproject.toml",
        "crops/x.png",
    ],
)
def test_no_path_of_a_file_is_taken_from_the_browser(client: Client, path: str) -> None:
    assert client.own(path).status_code in {403, 404}


@pytest.mark.parametrize("number", ["9", "-1", "x", "\u0661", "9" * 5000])
def test_a_picture_that_there_is_not_is_not_found_however_long_its_number(client: Client, number: str) -> None:
    """Python converts no more than 4300 digits."""
    answer = client.own(f"pictures/{number}")
    assert (answer.status_code, answer.text) == (404, "there is no such line")


@pytest.mark.parametrize("path", ["/", "/lines", "/wrong/lines", f"/{TOKEN}", f"/{TOKEN}x/lines", "/\u00e4/lines"])
def test_who_lacks_the_token_is_refused(client: Client, path: str) -> None:
    refused = client.ask(path)
    assert refused.status_code == 403
    assert "token" in refused.text


@pytest.mark.parametrize(
    "host", ["http://attacker.example:8090", "http://127.0.0.1.attacker.example", "http://192.0.2.7:8090"]
)
def test_a_name_that_leads_here_is_refused(client: Client, host: str) -> None:
    """DNS rebinding: the browser takes the page of another site for one of ours."""
    assert client.ask(f"/{TOKEN}/lines", host=host).status_code == 403


@pytest.mark.parametrize("host", ["http://localhost:8090", "http://[::1]:8090"])
def test_other_names_of_this_machine_are_not(client: Client, host: str) -> None:
    assert client.ask(f"/{TOKEN}/lines", host=host).status_code == 200


@pytest.mark.parametrize("origin", ["https://attacker.example", "http://127.0.0.1:8091", "null"])
def test_a_request_of_another_origin_is_refused(client: Client, folder: Path, origin: str) -> None:
    assert client.own("decisions", b'{"line": 0, "text": null}', Origin=origin).status_code == 403
    assert decisions(folder) == []
    assert client.own("decisions", b'{"line": 0, "text": null}', Origin=OWN).status_code == 200


@pytest.mark.parametrize("bound", ["0.0.0.0", "::"])
def test_where_it_listens_on_all_addresses_names_are_refused(folder: Path, bound: str) -> None:
    log = CorrectionLog(folder)
    client = Client(application(Review([], {}, folder, log), TOKEN, []))
    assert client.ask(f"/{TOKEN}/lines", host="http://192.0.2.7:8090").status_code == 200
    assert client.ask(f"/{TOKEN}/lines", host="http://attacker.example:8090").status_code == 403
    log.close()


def test_decisions_are_written_at_once(client: Client, folder: Path) -> None:
    assert client.own("decisions", b'{"line": 0, "text": "Written\\there "}').json() == {
        "verdict": "corrected",
        "text": "Written here",
    }
    assert client.own("decisions", b'{"line": 1, "text": null}').json()["verdict"] == "rejected"
    read = client.own("lines").json()["lines"][2]["read"]
    client.own("decisions", f'{{"line": 2, "text": "{read}"}}'.encode())
    found = decisions(folder)
    assert [one["verdict"] for one in found] == ["corrected", "rejected", "accepted"]
    assert found[0]["line"] == DOUBTFUL
    assert (folder / found[0]["crop"]).is_file()
    assert {"result", "input_path", "page_index", "read", "text", "score", "time", "points"} <= found[0].keys()


def test_the_last_decision_wins_and_one_may_be_taken_back(client: Client, folder: Path) -> None:
    for body in ('"text": "one"', '"text": "two"'):
        client.own("decisions", f'{{"line": 0, {body}}}'.encode())
    (last,) = latest(read_corrections(folder)).values()
    assert last.text == "two"
    assert client.own("decisions", b'{"line": 0, "undo": true}').json() == {"verdict": None, "text": None}
    assert latest(read_corrections(folder)) == {}
    assert client.own("lines").json()["lines"][0]["verdict"] is None


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{}", 422),
        (b"not JSON", 422),
        (b'{"line": 9, "text": "x"}', 422),
        (b'{"line": -1, "text": "x"}', 422),
        (b'{"line": 0, "text": " \\t "}', 422),
        (b'{"line": 0, "text": "x", "crop": "../../etc/passwd"}', 422),
        (b'{"line": 0, "text": "' + b"x" * 20_000 + b'"}', 422),
        (b"x" * (MOST_BYTES + 1), 413),
    ],
)
def test_what_is_no_decision_is_not_written(client: Client, folder: Path, body: bytes, status: int) -> None:
    assert client.own("decisions", body).status_code == status
    assert decisions(folder) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is full")
def test_a_full_disk_is_said_and_the_decision_is_not_taken(tmp_path: Path, folder: Path) -> None:
    folder.mkdir()
    (folder / "corrections.jsonl").symlink_to("/dev/full")
    log = CorrectionLog(folder)
    lines = lines_of([saved(tmp_path)], folder, None, on_error=lambda error: pytest.fail(str(error)))
    client = Client(application(Review(lines, {}, folder, log), TOKEN, ["127.0.0.1"]))
    answer = client.own("decisions", b'{"line": 0, "text": "Written"}')
    log.close()
    assert answer.status_code == 507
    assert answer.text.endswith("corrections.jsonl could not be written: No space left on device")
    assert client.own("lines").json()["lines"][0]["verdict"] is None


def test_a_decision_on_another_picture_does_not_count(client: Client, folder: Path, tmp_path: Path) -> None:
    """The page was read again, and the line of that number is another one now."""
    client.own("decisions", b'{"line": 0, "text": "Written"}')
    quads = [[[x + 20, y] for x, y in quad] for quad in client_quads(tmp_path)]
    lines = lines_of([saved(tmp_path, rec_polys=quads)], folder, None, on_error=lambda error: pytest.fail(str(error)))
    assert decisions_for(lines, latest(read_corrections(folder))) == {}


def client_quads(folder: Path) -> Any:
    import json

    return json.loads((folder / "sample_res.json").read_text(encoding="utf-8"))["rec_polys"]
