# The menu: `uv run just NAME` (or plain `just` where it is installed).

default:
    @just --list

# Install everything, editable
setup:
    uv sync --all-extras

# All tests
test *ARGS:
    uv run --all-extras pytest -n auto {{ARGS}}

# The cases that the gate leaves out too
thorough *ARGS:
    uv run --all-extras pytest -n auto -m "" {{ARGS}}

# Style and layers
lint:
    uv run ruff check .
    uv run ruff format --check .
    uv run lint-imports

# Type checkers
types:
    uv run mypy core registry model_cards plugins tests docs
    uv run pyright

# Type checkers for other systems: what the standard library lacks there
platforms:
    uv run mypy --platform win32 core registry model_cards plugins docs
    uv run pyright --pythonplatform Windows
    uv run pyright --pythonplatform Darwin

# Tests on another Python that is installed, in an environment of its own: just python 3.13
python VERSION *ARGS="tests/registry tests/core/pipelines tests/core/cli":
    uv run --isolated --no-editable --python {{VERSION}} --all-extras --no-extra convert pytest -n auto {{ARGS}}

# Ask again which wheels there are, and write docs/platforms.md (minutes)
wheels:
    uv run --all-extras python docs/wheels.py

# Write the generated pages, and build the site with all links checked
docs:
    uv run python docs/generate.py
    uv run mkdocs build --strict --quiet

# Write docs/faults.md again (two minutes)
faults:
    OCRZOO_WRITE_DOCS=1 uv run --all-extras pytest -n auto tests/hubs/test_resolver_faults.py

# 2000 commands with bad inputs drawn from a seed: none may hang or crash (ten minutes)
fuzz *ARGS:
    uv run --all-extras python -m tests.fuzz {{ARGS}}

# Update the pinned versions in pyproject.toml
pin:
    uv run python docs/pin.py

# The whole gate
ci:
    bash .ci/run
