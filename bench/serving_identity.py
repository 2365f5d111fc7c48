"""Whether answers under load are those that one client alone gets, ids and times aside."""

from __future__ import annotations

import base64
import itertools
import random
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

CLIENTS = 64
TIMEOUT_S = 600
TURNS = 2
"""How often 64 clients ask everything, each time in another order."""
KEYS: Sequence[Mapping[str, Any]] = (
    {"visualize": False},
    {"visualize": True},
    {"visualize": False, "returnWordBox": True},
    {"visualize": False, "textDetLimitSideLen": 480, "textDetLimitType": "max"},
    {"visualize": False, "textRecScoreThresh": 0.95},
    {"images": ["ocrImage"], "maxImageSize": [200, 200]},
)
"""What is asked of every page."""


def differing(url: str, pages: Sequence[Path]) -> tuple[int, list[str]]:
    """Return how many answers were compared, and what was asked where one differs."""
    bodies = {f"{page.name} {dict(keys)}": _body(page.read_bytes(), keys) for page in pages for keys in KEYS}
    alone = {name: comparable(_ask(url, body)) for name, body in bodies.items()}
    different: list[str] = []
    asked = list(_mixed(list(bodies)))
    with ThreadPoolExecutor(CLIENTS) as clients:
        answers = clients.map(lambda name: comparable(_ask(url, bodies[name])), asked)
        different += [name for name, answer in zip(asked, answers, strict=True) if answer != alone[name]]
    return len(asked), sorted(set(different))


def comparable(response: tuple[int, Mapping[str, Any]]) -> tuple[int, dict[str, Any]]:
    """Return an answer without what names the request."""
    status, answer = response
    return status, {name: value for name, value in answer.items() if name != "logId"}


def _mixed(names: list[str]) -> Iterator[str]:
    """All, in another order each time; the same one is not asked twice at the same time by chance only."""
    return itertools.chain.from_iterable(random.sample(names, len(names)) for _ in range(TURNS))


def _body(page: bytes, keys: Mapping[str, Any]) -> dict[str, Any]:
    return {"file": base64.b64encode(page).decode("ascii"), "fileType": 1, **keys}


def _ask(url: str, body: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
    import requests

    response = requests.post(f"{url}/ocr", json=body, timeout=TIMEOUT_S)
    return response.status_code, response.json()
