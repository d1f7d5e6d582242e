"""Whether a contributed command keeps its contract."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bench.cli.contributed import as_command
from bench.plugins.foreign import Raised

__all__ = ["check_command"]


def check_command(value: object) -> list[str]:
    """What breaks the contract of a command, one sentence each; empty where nothing does.

    Makes the command and asks for its help; carries nothing out. Every command and every option must say
    what it does.

    Args:
        value: a function with typed parameters, or a `typer.Typer`.
    """
    try:
        command = as_command("tried", value)
    except Exception as error:
        return [Raised(f"no command can be made of it: {type(error).__name__}: {error}", error)]
    return list(_problems(command, "tried"))


def _problems(command: Any, name: str) -> Iterator[str]:
    if not (command.help or "").strip():
        yield f"{name}: says nothing of itself; give it a docstring, or help="
    for one in command.params:
        if not (getattr(one, "help", None) or "").strip():
            yield f"{name}: {'/'.join(one.opts)}: says nothing of itself; give it help="
    for inner, below in getattr(command, "commands", {}).items():
        yield from _problems(below, f"{name} {inner}")
