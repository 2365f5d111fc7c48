"""The recognition models of a pipeline, and their fallback on this machine."""

from __future__ import annotations

import logging
import pickle
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.core.stand_ins import StandInLoader

from ocrzoo.engines.base import Device
from ocrzoo.pipelines.config import checked
from ocrzoo.pipelines.readers import Readers
from ocrzoo.pipelines.schema import RecognitionModule
from ocrzoo_registry.cards.fields import Task
from ocrzoo_registry.errors import IntegrityError, OcrzooError, OfflineError, SourceError

SELECTED, LOCAL, OTHER = "PP-OCRv6_medium_rec", "PP-OCRv6_small_rec", "eslav_PP-OCRv5_mobile_rec"
CPU = Device()


@dataclass(frozen=True)
class FailingLoader(StandInLoader):
    """Loads every model except some."""

    failures: dict[str, OcrzooError] = field(default_factory=dict)
    asked: list[str | None] = field(default_factory=list)

    def predictor(self, name: str | None, task: Task, model_dir: str | Path | None = None) -> Any:
        self.asked.append(name)
        if name in self.failures:
            raise self.failures[name]
        return super().predictor("PP-OCRv5_mobile_rec", task, model_dir)


def module(*, fallback: bool = True, **keys: Any) -> RecognitionModule:
    local = [{"model_name": LOCAL, "languages": ["fr"]}, {"model_name": OTHER, "languages": ["ru"]}]
    data = {"model_name": SELECTED, "languages": ["fr", "ru"], "batch_size": 6, "score_thresh": 0.5, **keys}
    return checked(RecognitionModule, {**data, **({"fallback": local} if fallback else {})}, "a test")


@pytest.mark.parametrize("failure", [SourceError("no source answers"), OfflineError("offline mode is on")])
def test_models_on_this_machine_read_if_the_selected_one_cannot_be_had(
    failure: OcrzooError, caplog: pytest.LogCaptureFixture
) -> None:
    loader = FailingLoader(failures={SELECTED: failure})
    readers = Readers(module(), "exact", loader)
    with caplog.at_level(logging.WARNING, logger="ocrzoo"):
        loaded = readers.load(CPU)
        readers.load(CPU)
    assert loader.asked == [SELECTED, LOCAL, OTHER], "each is asked once"
    assert caplog.messages == [
        f"{failure}; meanwhile {LOCAL} and {OTHER}, on this machine, reads fr,ru (--prefer installed asks no source)"
    ]
    assert [one.model_name for one in loaded.router.readers] == [LOCAL, OTHER]
    assert [one.batch_size for one in loaded.router.readers] == [6, 6], "the module's own keys stay"
    assert loaded.router.by_language


def test_without_a_fallback_the_error_stays() -> None:
    with pytest.raises(SourceError, match="no source answers"):
        Readers(
            module(fallback=False), "exact", FailingLoader(failures={SELECTED: SourceError("no source answers")})
        ).load(CPU)


def test_wrong_bytes_are_never_passed_over() -> None:
    loader = FailingLoader(failures={SELECTED: IntegrityError("another digest")})
    with pytest.raises(IntegrityError, match="another digest"):
        Readers(module(), "exact", loader).load(CPU)
    assert loader.asked == [SELECTED]


def test_letters_that_models_lack_are_known() -> None:
    readers = Readers(
        module(fallback=False, languages=["ja"], model_name="PP-OCRv5_mobile_rec"), "exact", FailingLoader()
    )
    (warning,) = readers.load(CPU).warnings
    assert warning.startswith("PP-OCRv5_mobile_rec cannot write ゐ")


def test_a_configuration_with_a_fallback_survives_a_pickle() -> None:
    assert pickle.loads(pickle.dumps(module())) == module()
