"""The fronts ``ocrzoo`` and ``ocrzoo_registry``: importing them loads next to nothing, and every name is there."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from types import ModuleType

import pytest

import ocrzoo
import ocrzoo_registry
import ocrzoo_registry.errors

FRONTS = [ocrzoo, ocrzoo_registry]
PUBLIC = [(front, name) for front in FRONTS for name in front.__all__]


@pytest.mark.parametrize("front", FRONTS)
def test_importing_a_front_loads_one_module(front: ModuleType) -> None:
    code = f"import sys; before = set(sys.modules); import {front.__name__}; print(sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, timeout=60, check=True)
    loaded = ast.literal_eval(done.stdout)
    assert {name for name in loaded if name != "__future__"} == {front.__name__}


def test_create_pipeline_loads_no_engine_and_no_image_library() -> None:
    code = "import sys, ocrzoo; ocrzoo.create_pipeline; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert not {"PIL", "openvino", "onnxruntime", "paddle"} & set(done.stdout.split())


@pytest.mark.parametrize(("front", "name"), PUBLIC)
def test_every_public_name_can_be_imported(front: ModuleType, name: str) -> None:
    assert getattr(front, name) is not None
    assert name in dir(front)


@pytest.mark.parametrize("front", FRONTS)
def test_type_checkers_see_the_public_names(front: ModuleType) -> None:
    """The imports below ``TYPE_CHECKING`` bring each name from the module that it is loaded from."""
    tree = ast.parse(inspect.getsource(front))
    (block,) = [node for node in tree.body if isinstance(node, ast.If)]
    declared = {a.name: n.module for n in block.body if isinstance(n, ast.ImportFrom) for a in n.names}
    errors = declared.pop("*")
    declared |= dict.fromkeys(set(front.__all__) & {*vars(ocrzoo_registry.errors)}, errors)
    assert sorted(declared) == front.__all__ == sorted(front.__all__)
    prefix = "" if front is ocrzoo else "ocrzoo_registry."
    for name, module in declared.items():
        assert module == prefix + front._MODULES.get(name, "errors" if prefix else "ocrzoo_registry.errors")


def test_the_error_classes_are_all_public() -> None:
    from ocrzoo_registry import errors

    classes = {
        name for name, one in vars(errors).items() if isinstance(one, type) and issubclass(one, errors.OcrzooError)
    }
    assert classes <= set(ocrzoo.__all__)
    assert classes <= set(ocrzoo_registry.__all__)


@pytest.mark.parametrize("front", FRONTS)
def test_an_unknown_name_is_an_attribute_error(front: ModuleType) -> None:
    with pytest.raises(AttributeError, match=f"module '{front.__name__}' has no attribute 'create_pipelines'"):
        _ = front.create_pipelines


def test_the_version_is_that_of_the_distribution() -> None:
    from importlib.metadata import version

    assert ocrzoo.__version__ == version("ocrzoo")
