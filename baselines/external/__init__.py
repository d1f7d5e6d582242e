"""Editors whose raw outputs are made elsewhere, by code that asks for trust before it runs."""

from __future__ import annotations

from bench.core.errors import BadInput

__all__ = ["demand_trust"]


def demand_trust(trust: bool, editor: str, what: str) -> None:
    """Refuses to run foreign code that nobody has agreed to.

    Args:
        trust: whether the user has.
        editor: for the message.
        what: what would run, as in "the program 'python edit.py'".

    Raises:
        BadInput: with what would run and how to agree.
    """
    if not trust:
        raise BadInput(
            f"editor {editor!r} would run {what}, with all your rights on this machine; nothing has "
            "run yet. If you know what it does, agree with `--trust`"
        )
