"""For the tests of plugin authors: does a thing conform to its contract?

    from siebench.testing import check

    def test_my_editor_conforms():
        check("editor", MyEditor)

Every part of the contract that does not hold is a line of the error.
"""

from __future__ import annotations

from bench.plugins.kinds import registry_of

__all__ = ["check"]


def check(kind: str, value: object, *, classes: int | None = None, size: int | None = None) -> None:
    """Tries a thing against the contract of its kind, on small made inputs.

    Args:
        kind: "editor", "metric", "dataset", "protocol", "segmenter", "feature network", "executor",
            "system" or "command"; the plural will do.
        value: what is registered (a class, a function, a `DatasetInfo` ...), or a finished object.
        classes: of an editor: how many classes the made label maps count, for a network that knows one
            number; 6 where None.
        size: of an editor: pixels a side of the made edits; 64 where None.

    Raises:
        AssertionError: with one line for each part of the contract that does not hold.
        BadInput: for an unknown kind, or `classes` or `size` of another one than an editor.
    """
    problems = registry_of(kind).check(value, classes=classes, size=size)
    if problems:
        raise AssertionError("\n".join(f"{kind}: {problem}" for problem in problems))
