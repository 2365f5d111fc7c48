"""``ocrzoo mirror env``: the variables that lead programs to a mirror."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from ocrzoo.cli.root import ocrzoo
from ocrzoo_registry.errors import NotFound, UsageError
from ocrzoo_registry.mirror.serving import client_env

URL = "http://models.example:8000"
VARIABLES = {
    "OCRZOO_MIRROR",
    "PADDLE_PDX_MODEL_SOURCE",
    "HF_ENDPOINT",
    "HF_HUB_DISABLE_XET",
    "HF_HUB_DISABLE_TELEMETRY",
    "MODELSCOPE_ENDPOINT",
    "STUDIO_GIT_HOST",
    "PADDLE_PDX_HUGGING_FACE_ENDPOINT",
    "PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK",
}


def told(*arguments: str) -> str:
    done = CliRunner().invoke(ocrzoo, ["mirror", "env", *arguments])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.output


def shell_sets(script: str, *command: str) -> dict[str, str]:
    """Give the variables that a shell has after a script."""
    done = subprocess.run(
        [*command, f"{script}\nenv"],
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    found = dict(line.split("=", 1) for line in done.stdout.splitlines())
    return {name: value for name, value in found.items() if name in VARIABLES}


def test_programs_and_shells_in_the_help_come_from_the_registry() -> None:
    help_text = told("--help")
    for name in (*client_env.CLIENTS, *client_env.SHELLS):
        assert name in help_text


@pytest.mark.parametrize("option", ["--for", "--shell"])
def test_an_unknown_program_or_shell_is_refused(option: str) -> None:
    assert f"Invalid value for '{option}': 'wget' is not one of" in told(URL, option, "wget")


def test_a_shell_gets_every_variable() -> None:
    found = shell_sets(told(f"{URL}/"), "sh", "-c")
    assert found.keys() == VARIABLES
    assert found["OCRZOO_MIRROR"] == found["HF_ENDPOINT"] == found["PADDLE_PDX_HUGGING_FACE_ENDPOINT"] == URL
    assert found["PADDLE_PDX_MODEL_SOURCE"] == "mirror"


@pytest.mark.skipif(shutil.which("fish") is None, reason="needs the shell fish")
def test_fish_gets_every_variable() -> None:
    assert shell_sets(told(URL, "--shell", "fish"), "fish", "-c").keys() == VARIABLES


@pytest.mark.parametrize(
    ("shell", "line"),
    [
        ("plain", f"HF_ENDPOINT={URL}"),
        ("fish", f"set -gx HF_ENDPOINT {URL}"),
        ("powershell", f"$env:HF_ENDPOINT = '{URL}'"),
    ],
)
def test_other_shells_get_their_own_syntax(shell: str, line: str) -> None:
    lines = told(URL, "--shell", shell).splitlines()
    assert line in lines
    assert all(one.startswith(("# ", "set -gx ")) or "=" in one for one in lines)


@pytest.mark.parametrize("odd", ["'", '"', "\\", "\u2019", "\u201b", "\x1b", "\u2028"])
def test_no_url_escapes_the_quotes_of_a_shell(odd: str) -> None:
    """PowerShell ends it at a typographic quote, and fish goes on behind a backslash."""
    with pytest.raises(UsageError, match="not the URL of a mirror"):
        told(f"{URL}/a{odd};id;{odd}")


def test_every_program_comes_with_what_it_needs() -> None:
    lines = told(URL).splitlines()
    for name in client_env.CLIENTS:
        assert any(line.startswith(f"# {name}: ") for line in lines)
    assert any("aistudio.baidu.com" in line and line.startswith("#") for line in lines)


def test_one_program_can_be_picked() -> None:
    assert shell_sets(told(URL, "--for", "modelscope"), "sh", "-c") == {"MODELSCOPE_ENDPOINT": URL}
    assert "MODELSCOPE_DOMAIN=models.example" in told("https://models.example", "--for", "modelscope")


def test_json_has_the_same_settings() -> None:
    clients = json.loads(told(URL, "--json"))
    assert [one["name"] for one in clients] == list(client_env.CLIENTS)
    assert {name for one in clients for name in one["variables"]} == VARIABLES
    assert all(one["needs"] for one in clients)


def test_a_folder_is_only_for_ocrzoo(tmp_path: Path) -> None:
    folder = tmp_path / "a mirror's"
    folder.mkdir()
    (folder / "index.json").write_text("{}")
    found = shell_sets(told(str(folder)), "sh", "-c")
    assert found == {"OCRZOO_MIRROR": folder.as_uri(), "PADDLE_PDX_MODEL_SOURCE": "mirror"}
    assert told(str(folder)).count("needs a web server") == len(client_env.CLIENTS) - 1
    assert shell_sets(told("s3://bucket/prefix"), "sh", "-c")["OCRZOO_MIRROR"] == "s3://bucket/prefix"
    assert shell_sets(told("oci://host/models"), "sh", "-c")["OCRZOO_MIRROR"] == "oci://host/models"


def test_a_server_without_http_is_not_taken_for_a_folder() -> None:
    with pytest.raises(UsageError, match=r"is http://127\.0\.0\.1:8000"):
        told("127.0.0.1:8000")


@pytest.mark.parametrize(
    "address",
    ["ftp://x", "http://", "http://a b", "http://x/?q", "http://u:secret@x", "http://x'; rm -rf /", "file://x/y"],
)
def test_invalid_urls_are_refused(address: str) -> None:
    with pytest.raises(UsageError, match="not the URL of a mirror") as caught:
        told(address)
    assert "secret" not in str(caught.value)


def test_a_folder_that_is_not_a_mirror_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="is not a mirror"):
        told(str(tmp_path))
