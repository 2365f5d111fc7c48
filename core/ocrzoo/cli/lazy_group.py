"""A command group that imports a sub-command when it is used, so that a command starts without all the others."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, cast

import click

from ocrzoo_registry.names import did_you_mean


class LazyGroup(click.Group):
    """A group with sub-commands named by dotted path, beside those that are added as usual."""

    def __init__(
        self,
        *args: Any,
        lazy: Mapping[str, str],
        also: Mapping[str, str] | None = None,
        elsewhere: Mapping[str, str] | None = None,
        **kwargs: Any,
    ) -> None:
        """``lazy`` maps a command's name to ``package.module:attribute``; ``also`` other names, not listed, to it.

        ``elsewhere`` maps what other programs call a command to the one that the error for it suggests.
        """
        super().__init__(*args, **kwargs)
        self._lazy, self._also, self._elsewhere = lazy, also or {}, elsewhere or {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return sorted({*super().list_commands(ctx), *self._lazy})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, imported on first use; ``None`` where there is none."""
        cmd_name = self._also.get(cmd_name, cmd_name)
        if cmd_name in self._lazy and cmd_name not in self.commands:
            module, _, attribute = self._lazy[cmd_name].partition(":")
            self.add_command(cast("click.Command", getattr(import_module(module), attribute)), cmd_name)
        return super().get_command(ctx, cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that the arguments name; an unknown one is answered with the nearest names."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            meant = self._elsewhere.get(args[0])
            hint = f" (did you mean {meant}?)" if meant else did_you_mean(args[0], self.list_commands(ctx))
            raise click.UsageError(f"{error.message.rstrip('.')}{hint}", ctx) from error
