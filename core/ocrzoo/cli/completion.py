"""Completion by the shell: it runs ``ocrzoo`` with :data:`ocrzoo.cli.COMPLETE` set, and reads the candidates."""

from __future__ import annotations

import io
import logging
from contextlib import redirect_stderr

import click
from click.shell_completion import BashComplete, FishComplete, ShellComplete, ZshComplete

from ocrzoo.cli import COMPLETE
from ocrzoo.cli.root import ocrzoo

SHELLS = {
    "bash": """eval "$(ocrzoo completion bash)"   in ~/.bashrc""",
    "zsh": """eval "$(ocrzoo completion zsh)"    in ~/.zshrc, after compinit""",
    "fish": "ocrzoo completion fish > ~/.config/fish/completions/ocrzoo.fish",
}
"""How the script of each shell is installed."""


class _FishComplete(FishComplete):
    """Click's script cuts a candidate at its first comma: ``ru,ko`` and the help texts."""

    source_template = FishComplete.source_template.replace('string split ","', 'string split --max 1 ","')


_KINDS: dict[str, type[ShellComplete]] = {"bash": BashComplete, "zsh": ZshComplete, "fish": _FishComplete}


def script(shell: str) -> str:
    """Return the script that a shell runs to complete ``ocrzoo``."""
    return _completer(shell).source()


def answer(instruction: str) -> int:
    """Answer a shell, and return the exit code.

    Nothing is written to standard error, and a fault gives no candidates: the shell would show either amid the line
    that the user types.
    """
    shell, _, what = instruction.partition("_")
    if what == "source" and shell in SHELLS:
        click.echo(script(shell), nl=False)
    elif what == "complete" and shell in SHELLS:
        logging.disable(logging.CRITICAL)
        try:
            with redirect_stderr(io.StringIO()):
                found = _completer(shell).complete()
        except Exception:  # noqa: BLE001  # see above; a command that is run reports the same fault
            return 0
        if found:
            click.echo(found.encode())
    return 0


def _completer(shell: str) -> ShellComplete:
    return _KINDS[shell](ocrzoo, {}, "ocrzoo", COMPLETE)
