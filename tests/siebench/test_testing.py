"""`siebench.testing.check` for the tests of plugin authors."""

import traceback

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


def test_what_a_thing_raised_is_behind_the_error_with_its_traceback() -> None:
    class Broken:
        needs = frozenset()

        def edit(self, batch):
            raise KeyError("weight")

    with pytest.raises(AssertionError, match=r"editor: edit\(batch\): raises KeyError") as told:
        check("editor", Broken)
    assert isinstance(told.value.__cause__, KeyError)
    assert traceback.extract_tb(told.value.__cause__.__traceback__)[-1].name == "edit"
