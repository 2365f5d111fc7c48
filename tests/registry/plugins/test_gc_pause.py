"""The garbage collector: at rest while many objects are made, and then as the program left it."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from ocrzoo_registry.plugins.gc_pause import gc_paused


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    yield
    gc.unfreeze()
    gc.enable()


@pytest.mark.parametrize("long_lived", [True, False])
@pytest.mark.parametrize("running", [True, False])
def test_it_rests_and_is_then_as_before(running: bool, long_lived: bool) -> None:
    (gc.enable if running else gc.disable)()
    with gc_paused(long_lived=long_lived):
        assert not gc.isenabled()
    assert gc.isenabled() is running


def test_an_error_sets_it_going_again() -> None:
    with pytest.raises(KeyError), gc_paused():
        raise KeyError
    assert gc.isenabled()


def test_what_is_long_lived_is_not_young_and_not_frozen() -> None:
    with gc_paused(), gc_paused(long_lived=True):
        made: list[list[int]] = [[] for _ in range(10)]
    young = {id(one) for one in gc.get_objects(generation=0)}
    assert young.isdisjoint(map(id, made))
    assert gc.get_freeze_count() == 0


def test_what_the_program_froze_stays_frozen() -> None:
    gc.freeze()
    frozen = gc.get_freeze_count()
    with gc_paused(long_lived=True):
        pass
    assert gc.get_freeze_count() > frozen / 2


def test_cycles_that_were_made_are_still_found() -> None:
    class Circle:
        def __init__(self) -> None:
            self.own = self

    with gc_paused(long_lived=True):
        made = weakref.ref(Circle())
        assert made() is not None
    gc.collect()
    assert made() is None
