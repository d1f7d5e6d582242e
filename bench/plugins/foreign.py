"""Code of a plugin: whatever it raises is one sentence, with the exception behind it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from bench.core.errors import BadInput, PluginFailed, named_line
from bench.core.text import writable

__all__ = ["Raised", "foreign"]


class Raised(str):
    """What a check says of an exception that it met, one sentence.

    Attributes:
        cause: the exception, whose traceback says where it was raised.
    """

    cause: BaseException

    def __new__(cls, sentence: str, cause: BaseException) -> Raised:
        """The sentence, with the exception that it tells of."""
        made = super().__new__(cls, sentence)
        made.cause = cause
        return made


@contextlib.contextmanager
def foreign(what: str) -> Iterator[None]:
    """Turns whatever foreign code raises in a block into one sentence.

    Args:
        what: whose code, as in "editor 'mine': its constructor".

    Raises:
        PluginFailed: with the exception behind it; a `BadInput` is let pass as it is.
    """
    try:
        yield
    except (BadInput, KeyboardInterrupt):
        raise
    except SystemExit as error:
        raise PluginFailed(f"{what} called sys.exit({error.code!r})") from error
    except BaseException as error:
        raise PluginFailed(f"{what} raised {writable(named_line(error))}") from error
