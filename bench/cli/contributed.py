"""Commands that plugins contribute, beside those of `bench.cli.app`; imported when they are named."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup

__all__ = ["Contributed", "as_command"]


class Contributed(TyperGroup):
    """A group whose commands are its own and those of the registry; its own ones come first."""

    def list_commands(self, ctx: Any) -> list[str]:
        """All names, its own ones in their order."""
        from bench.plugins.kinds import COMMANDS

        own = super().list_commands(ctx)
        return [*own, *(name for name in COMMANDS.names() if name not in own)]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of a name, None where there is none; a broken plugin says so when it is called."""
        own = super().get_command(ctx, cmd_name)
        if own is not None:
            return own
        from bench.plugins.kinds import COMMANDS

        if cmd_name not in COMMANDS.names():
            return None
        plugin = COMMANDS.find(cmd_name)
        if plugin.problem is None:
            return as_command(cmd_name, plugin.value)

        def broken() -> None:
            plugin.usable()

        broken.__doc__ = f"Cannot be used: {plugin.problem}."
        return as_command(cmd_name, broken)


def as_command(name: str, value: Any) -> Any:
    """A contributed function or `typer.Typer` as a command of Click."""
    around = typer.Typer(add_completion=False, rich_markup_mode=None)
    around.callback()(lambda: None)  # makes a group of it, also around a single command
    if isinstance(value, typer.Typer):
        around.add_typer(value, name=name)
    else:
        around.command(name)(value)
    group: Any = typer.main.get_command(around)
    return group.commands[name]
