"""Many workers that start at once against one mirror: all get their model, and nobody is shut out."""

from __future__ import annotations

import pytest
from bench.stampede import FILES, stampede
from tests.registry.mirror.serving.web_servers import program

PROCESSES = 2


def test_clients_that_the_mirror_has_no_room_for_come_again_and_all_get_their_model() -> None:
    found = stampede("serve", 60, PROCESSES, most=4)
    assert (found.succeeded, found.errors) == (60, {})
    assert found.statuses["200"] == 60 * (1 + len(FILES))
    assert found.statuses.keys() <= {"200", "503"}
    assert found.statuses["503"] == found.retries > 0
    assert found.bytes_sent_over_needed == 1


def test_processes_that_share_a_home_download_once() -> None:
    found = stampede("serve", 8, 8, share=True)
    assert (found.succeeded, found.requests, found.bytes_sent_over_needed) == (8, 1 + len(FILES), 1)


@pytest.mark.thorough
@pytest.mark.parametrize("server", ["serve", "nginx"])
def test_a_thousand_clients_all_get_their_model(server: str) -> None:
    if server == "nginx":
        program()
    found = stampede(server, 1000, 4)
    assert (found.succeeded, found.errors) == (1000, {})
    assert found.bytes_sent_over_needed == 1
    assert found.requests_per_client < 8
