"""BOS, an object store: one tar a model, described by its headers."""

from __future__ import annotations

import base64

from tests.hubs.contents import md5
from tests.hubs.routing import Answer, Protocol, Route, Visit, file_answer

FOLDER = "/paddlex/official_inference_model/paddle3.0.0"


def _tar(visit: Visit) -> Answer:
    content = visit.hubs.tar(visit.names["path"])
    digest = md5(content)
    answer = file_answer(content, f'"{digest.hex()}"', {"Content-Type": "application/x-tar", **_ids()})
    if visit.hubs.bos_md5:
        answer.headers["Content-MD5"] = base64.b64encode(digest).decode()
    return answer


def _missing(visit: Visit, what: str) -> Answer:
    error = "<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>"
    return Answer(404, {"Content-Type": "application/xml", **_ids()}, error.encode())


def _ids() -> dict[str, str]:
    return {"x-bce-request-id": "00000000-0000-0000-0000-000000000000", "x-bce-debug-id": "0"}


BOS = Protocol("bos", (".bcebos.com",), (Route(rf"{FOLDER}/(?P<path>[^/]+\.tar)", "file", _tar),), _missing)
