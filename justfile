# The menu: `uv run just NAME` (or plain `just` where it is installed).

default:
    @just --list

# Install everything, editable
setup:
    uv sync --all-extras

# All tests
test *ARGS:
    uv run --all-extras pytest -n auto {{ARGS}}

# Style and layers
lint:
    uv run ruff check .
    uv run ruff format --check .
    uv run lint-imports

# Type checkers
types:
    uv run mypy core registry model_cards plugins tests docs
    uv run pyright

# Write the generated documents anew
docs:
    uv run python docs/generate.py

# What becomes of a pull when a hub goes wrong: docs/faults.md anew (two minutes)
faults:
    OCRZOO_WRITE_DOCS=1 uv run --all-extras pytest -n auto tests/hubs/test_resolver_faults.py

# Renew the pinned versions in pyproject.toml
pin:
    uv run python docs/pin.py

# The whole gate
ci:
    bash .ci/run
