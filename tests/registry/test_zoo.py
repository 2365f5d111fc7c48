"""The zoo: everything registered in one place, and nothing heavy is imported for it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import ocrzoo_cards
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.zoo import Zoo

NAMES = sorted(path.stem for path in ocrzoo_cards.ROOT.glob("*/*.yaml"))
HEAVY = (
    *("numpy", "cv2", "PIL", "openvino", "onnxruntime", "paddle", "requests"),
    *("ocrzoo_registry.download.resolver", "ocrzoo_registry.network.http"),
)


def test_listing_every_model_loads_nothing_heavy() -> None:
    code = f"""
import sys
from ocrzoo_registry.zoo import Zoo
zoo = Zoo()
zoo.plugins.call_all()
assert set({NAMES}) <= set(zoo.models.names), zoo.models.names
assert zoo.models.search(lang="en", task="text_recognition")
assert any(map(zoo.is_available, zoo.models))
assert zoo.engines.names and zoo.sources.names and zoo.pipelines.names and zoo.predictors.names
print(sorted(set(sys.modules) & set({HEAVY})))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_models_sources_and_engines_of_this_distribution() -> None:
    zoo = Zoo()
    own = [name for name in zoo.models.names if zoo.models.origin(name).distribution == "ocrzoo"]
    assert sorted(own) == NAMES
    assert {"directory", "wheel"} <= set(zoo.sources.names)
    assert {"openvino", "onnxruntime", "paddle"} <= set(zoo.engines.names)
    assert {"text_detection", "text_recognition"} <= set(zoo.predictors.names)
    assert "OCR" in zoo.pipelines


def test_local_sources_come_before_those_that_fetch() -> None:
    ranks = {spec.name: spec.rank for spec in Zoo().sources}
    assert ranks["directory"] == min(ranks.values())


def test_a_final_list_of_sources_puts_models_of_others_out_of_reach(tmp_path: Path) -> None:
    anywhere = Zoo(Settings(home=tmp_path))
    by_wheel = Zoo(Settings(home=tmp_path, sources=("wheel",), sources_exact=True))
    for name, by_either in (("PP-OCRv6_small_rec", (True, True)), ("PP-OCRv6_medium_rec", (True, False))):
        assert tuple(zoo.is_available(zoo.models.get(name)) for zoo in (anywhere, by_wheel)) == by_either


def test_the_settings_are_those_of_the_environment_unless_given(tmp_path: Path) -> None:
    assert Zoo().settings.home == tmp_path / "home"
    own = Settings(home=tmp_path / "elsewhere")
    assert Zoo(own).store.root == tmp_path / "elsewhere" / "official_models"


def test_a_zoo_is_put_together_once_and_writes_nothing(tmp_path: Path) -> None:
    zoo = Zoo()
    assert zoo.models is zoo.models
    assert zoo.resolver.store is zoo.store
    assert not (tmp_path / "home").exists()
