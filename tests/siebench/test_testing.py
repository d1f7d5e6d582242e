"""`siebench.testing.check` for the tests of plugin authors."""

import pytest

from siebench import BadInput
from siebench.testing import check


def test_an_unknown_kind_gets_the_nearest_one() -> None:
    with pytest.raises(BadInput, match="unknown kind of plugin 'editr'; did you mean 'editors'"):
        check("editr", object())


def test_a_thing_of_the_wrong_type_is_told_so() -> None:
    with pytest.raises(AssertionError, match="editor: is a int: it cannot be called"):
        check("editor", 3)


@pytest.mark.parametrize("kind", ["metric", "feature network", "executors"])
def test_what_a_check_does_not_take_is_refused_and_not_let_pass(kind) -> None:
    with pytest.raises(BadInput, match="takes no classes and no size; leave it out"):
        check(kind, print, classes=3, size=64)
