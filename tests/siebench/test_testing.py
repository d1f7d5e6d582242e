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
