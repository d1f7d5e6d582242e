"""For the tests of plugin authors: does a thing conform to its contract?

    from siebench.testing import check

    def test_my_editor_conforms():
        check("editor", MyEditor)

Every part of the contract that does not hold is a line of the error. Where the thing raised something
that it must not, that is the error's cause, with its traceback.
"""

from __future__ import annotations

from bench.plugins.foreign import Raised
from bench.plugins.kinds import registry_of

__all__ = ["check"]


def check(kind: str, value: object, *, classes: int | None = None, size: int | None = None) -> None:
    """Tries a thing against the contract of its kind, on small made inputs.

    Args:
        kind: "editor", "metric", "dataset", "protocol", "segmenter", "feature network", "executor",
            "system" or "command"; the plural will do.
        value: what is registered (a class, a function, a `DatasetInfo` ...), or a finished object; of a
            protocol its class.
        classes: of an editor: how many classes the made label maps count, for a network that knows one
            number; 6 where None.
        size: of an editor: pixels a side of the made edits; 64 where None.

    Raises:
        AssertionError: with one line for each part of the contract that does not hold.
        Unavailable: where its weights or libraries are not here, so that it cannot be tried.
        BadInput: for an unknown kind, or `classes` or `size` of another one than an editor; where the
            thing raises what its check does not expect, which is then the error's cause.
    """
    problems = registry_of(kind).check(value, classes=classes, size=size)
    if problems:
        raised = next((one.cause for one in problems if isinstance(one, Raised)), None)
        raise AssertionError("\n".join(f"{kind}: {problem}" for problem in problems)) from raised
