"""Record what PaddleX 3.7.2's server answers: ``python tests/parity/record_serving.py [--environment DIR]``.

It runs on loopback, in an environment of its own that uv makes for the occasion (see ``record.py``), once for each of
the pipelines of ``serving_requests.py``.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

import yaml
from case_answers import write_answers
from case_rooms import Quiet, gather_models
from playing import filled
from record import REQUIREMENTS, environment
from serving_requests import PIPELINES, Asked, make_files, requests, send
from tests.serving_clients.server import free_port, started
from tests.standins.writing import write_stand_ins

from ocrzoo_registry.zoo import Zoo

RECORDED = Path(__file__).parent / "serving.json"
SERVING = ("fastapi", "uvicorn", "aiohttp", "bce-python-sdk", "filetype", "starlette", "yarl")
"""What PaddleX's server needs besides."""
DISTRIBUTIONS = ("paddlex", "fastapi", "starlette", "uvicorn", "pydantic", "pypdfium2", "onnxruntime", "aiohttp")

Serve = Callable[[Path, int], tuple[Sequence[str], Mapping[str, str]]]
"""A configuration and a port -> the command of a server, and its environment."""


def write_pipelines(folder: Path, models: Path) -> dict[str, Path]:
    """Write the configurations that are served; return each by its name."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = {name: folder / f"{name}.yaml" for name in PIPELINES}
    for name, config in PIPELINES.items():
        text = yaml.safe_dump(filled(config, {"{models}": str(models)}), sort_keys=False)
        paths[name].write_text(text, encoding="utf-8")
    return paths


def ask(chosen: Sequence[Asked], server: str, folder: Path, files: ThreadingHTTPServer) -> dict[str, Any]:
    """Return a server's answers to some requests, by their names."""
    where = f"http://127.0.0.1:{files.server_port}"
    return {asked.name: send(asked, server, folder, where) for asked in chosen}


def paddlex_variables(cache: Path) -> dict[str, str]:
    """Return the environment in which PaddleX asks no host for anything."""
    from PIL import ImageFont

    cache.mkdir(parents=True, exist_ok=True)
    font = cache / "font.ttf"
    font.write_bytes(ImageFont.load_default(16).font_bytes)  # type: ignore[union-attr]  # one that is not Pillow's bitmap
    kept = {name: text for name, text in os.environ.items() if not name.lower().endswith("_proxy")}
    return kept | {
        "PADDLE_PDX_CACHE_HOME": str(cache),
        "PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK": "True",
        "PADDLE_PDX_LOCAL_FONT_FILE_PATH": str(font),
    }


def paddlex_command(python: Path, pipeline: Path, port: int) -> list[str]:
    """Return the command that starts PaddleX's server."""
    what = ["--serve", "--pipeline", str(pipeline), "--engine", "onnxruntime", "--device", "cpu"]
    return [str(python), "-I", "-X", "utf8", "-m", "paddlex", *what, "--host", "127.0.0.1", "--port", str(port)]


def versions(python: Path) -> dict[str, str]:
    """Return the versions of what decides an answer."""
    script = f"from importlib.metadata import version as v; print(*[v(n) for n in {DISTRIBUTIONS}])"
    told = subprocess.run([str(python), "-I", "-c", script], capture_output=True, text=True, check=True).stdout
    return dict(zip(DISTRIBUTIONS, told.split(), strict=True))


@contextmanager
def places(
    room: Path, stand_ins: Mapping[str, Path], zoo: Zoo
) -> Iterator[tuple[dict[str, Path], ThreadingHTTPServer]]:
    """Give the configurations to serve and a server of the files; all is in a folder, the files in ``pages``."""
    make_files(room / "pages")
    paths = write_pipelines(room / "pipelines", gather_models(room / "models", stand_ins, zoo))
    files = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(room / "pages")))
    Thread(target=files.serve_forever, daemon=True).start()
    try:
        yield paths, files
    finally:
        files.shutdown()
        files.server_close()


def answers_of(
    chosen: Sequence[Asked], room: Path, stand_ins: Mapping[str, Path], zoo: Zoo, serve: Serve
) -> dict[str, Any]:
    """Return the answers to some requests; ``serve`` starts a server of a configuration on a port."""
    answers: dict[str, Any] = {}
    with places(room, stand_ins, zoo) as (paths, files):
        for name, path in paths.items():
            if asked := [one for one in chosen if one.pipeline == name]:
                port = free_port()
                command, environ = serve(path, port)
                with started(command, url := f"http://127.0.0.1:{port}", room / f"{name}.log", environ):
                    answers |= ask(asked, url, room / "pages", files)
    return answers


def paddlex_server(python: Path, room: Path) -> Serve:
    """Return how PaddleX's server is started, with the Python of an environment that has it."""
    return lambda pipeline, port: (paddlex_command(python, pipeline, port), paddlex_variables(room / "cache"))


def main(argv: Sequence[str] | None = None) -> int:
    """Record and write."""
    parser = argparse.ArgumentParser(description="Record what PaddleX 3.7.2's server answers.")
    parser.add_argument("--environment", type=Path, metavar="DIR", help="a virtual environment with PaddleX in it")
    options = parser.parse_args(argv)
    with (
        environment(options.environment, (*REQUIREMENTS, *SERVING)) as python,
        TemporaryDirectory(prefix="parity-") as room,
    ):
        stand_ins = write_stand_ins(Path(room) / "stand_ins")
        answers = answers_of(list(requests()), Path(room), stand_ins, Zoo(), paddlex_server(python, Path(room)))
        write_answers(RECORDED, versions(python), answers)
    print(f"{len(answers)} answers")
    return 0


if __name__ == "__main__":
    sys.exit(main())
