"""Options of an editor that are one of a few words."""

from __future__ import annotations

from typing import Any, Literal, get_args

from bench.core.errors import unknown

__all__ = ["EdgeSource", "check_choice"]

EdgeSource = Literal["regions", "labels", "instances"]
"""Where an edge channel comes from; see `EditBatch.edges`."""


def check_choice(editor: str, option: str, value: str, literal: Any) -> None:
    """Refuses a word that the option does not have.

    Args:
        editor, option: for the message.
        value: what the suite says.
        literal: the `Literal` type of the option.

    Raises:
        BadInput: with the nearest word that it has.
    """
    words = get_args(literal)
    if value not in words:
        raise unknown(f"value of {option!r} of editor {editor!r}:", str(value), words)
