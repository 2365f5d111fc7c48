"""Files that clients upload: bounded in number, bytes and age, and each seen by its owner alone."""

from __future__ import annotations

import pytest

from ocrzoo.serving.problems import Problem
from ocrzoo.serving.settings import ServerSettings
from ocrzoo.serving.stores.uploads import Uploads

MIB = 1 << 20


def missing(uploads: Uploads, number: str, owner: str | None = None) -> bool:
    try:
        uploads.get(number, owner)
    except Problem as problem:
        return problem.code == "not_found"
    return False


def test_a_file_is_seen_by_its_owner_alone() -> None:
    uploads = Uploads(ServerSettings())
    made = uploads.add("page.png", b"content", "mine")
    assert uploads.get(made.id, "mine").content == b"content"
    assert missing(uploads, made.id, "another")
    assert missing(uploads, made.id, None)
    with pytest.raises(Problem):
        uploads.remove(made.id, "another")
    uploads.remove(made.id, "mine")
    assert missing(uploads, made.id, "mine")


def test_the_oldest_makes_room_for_a_new_one() -> None:
    uploads = Uploads(ServerSettings(uploads_kept=2))
    first, second, third = (uploads.add("", b"x", None).id for _ in range(3))
    assert [missing(uploads, one) for one in (first, second, third)] == [True, False, False]


def test_bytes_are_bounded() -> None:
    uploads = Uploads(ServerSettings(uploads_bytes=MIB))
    first, second = (uploads.add("", bytes(600_000), None).id for _ in range(2))
    assert [missing(uploads, one) for one in (first, second)] == [True, False]
    with pytest.raises(Problem, match="more than the 1 MiB that are kept of uploads"):
        uploads.add("", bytes(MIB), None)


def test_a_file_is_forgotten_after_its_time() -> None:
    uploads = Uploads(ServerSettings(uploads_ttl_s=0.0))
    assert missing(uploads, uploads.add("", b"x", None).id)
