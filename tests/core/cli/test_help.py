"""Help of every command, and standard output that nobody reads any more."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from ocrzoo.cli.root import ocrzoo

Run = Callable[..., Any]


def commands(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command with what is typed for it."""
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from commands(below, (*path, name))


COMMANDS = dict(commands(ocrzoo))


def test_the_list_of_commands() -> None:
    assert {" ".join(path) for path in COMMANDS} >= {
        *("", "ocr", "models", "models list", "models show", "plugins", "plugins list")
    }


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_describes_every_option(run: Run, path: tuple[str, ...], option: str) -> None:
    ran = run(*path, option)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(f"Usage: {' '.join(('ocrzoo', *path))} ")
    assert COMMANDS[path].help
    for parameter in COMMANDS[path].params:
        if isinstance(parameter, click.Option):
            assert parameter.help or parameter.metavar
            for name in parameter.opts:
                assert name in ran.out
    assert max(map(len, ran.out.splitlines())) <= 110


@pytest.mark.parametrize("path", [path for path in COMMANDS if path], ids=" ".join)
def test_group_help_names_each_command(run: Run, path: tuple[str, ...]) -> None:
    assert f"\n  {path[-1]} " in run(*path[:-1], "--help").out


def test_every_command_has_debug() -> None:
    for path, command in COMMANDS.items():
        if not isinstance(command, click.Group) or not path:
            assert "--debug" in [name for parameter in command.params for name in parameter.opts], path


def test_the_version(run: Run) -> None:
    from importlib.metadata import version

    assert run("--version").out == f"ocrzoo, version {version('ocrzoo')}\n"


@pytest.mark.skipif(os.name == "nt", reason="Windows reports it differently")
@pytest.mark.parametrize("arguments", [["models", "list"], ["models", "list", "--json"], ["--help"]])
def test_a_closed_pipe_ends_quietly(start: Run, arguments: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = start(*arguments, stdout=writer)
    finally:
        os.close(writer)
    assert done.stderr == ""
    assert done.returncode == 0


@pytest.mark.skipif(os.name == "nt", reason="Windows reports it differently")
@pytest.mark.weights
def test_a_closed_pipe_ends_ocr_quietly(start: Run, pages: dict[str, Path]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = start("ocr", pages["rotated.png"], pages["number_table.png"], "--engine", "onnxruntime", stdout=writer)
    finally:
        os.close(writer)
    assert [line for line in done.stderr.splitlines() if not line.startswith("downloading ")] == []
    assert done.returncode == 0
