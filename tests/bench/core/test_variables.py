"""Environment variables by their names, and by those of before the project was renamed."""

import pytest

from bench.core import variables
from bench.core.errors import BadInput
from bench.core.variables import home_path, variable


@pytest.fixture(autouse=True)
def nothing_noted(monkeypatch):
    monkeypatch.setattr(variables, "_NOTED", set())
    for name in ("SIEBENCH_DATA", "SEBENCH_DATA"):
        monkeypatch.delenv(name, raising=False)


def test_a_variable_that_is_not_set_is_none(capsys):
    assert variable("SIEBENCH_DATA") is None
    assert capsys.readouterr().err == ""


def test_the_former_name_works_and_says_once_what_to_set(monkeypatch, capsys):
    monkeypatch.setenv("SEBENCH_DATA", "old")
    assert variable("SIEBENCH_DATA") == variable("SIEBENCH_DATA") == "old"
    notice = "siebench: SEBENCH_DATA still works; set SIEBENCH_DATA instead\n"
    assert capsys.readouterr().err == notice


def test_the_present_name_comes_first_even_where_it_is_empty(monkeypatch, capsys):
    monkeypatch.setenv("SEBENCH_DATA", "old")
    monkeypatch.setenv("SIEBENCH_DATA", "")
    assert variable("SIEBENCH_DATA") == ""
    assert capsys.readouterr().err == ""


def test_a_home_folder_that_nobody_has_is_named_with_its_variable():
    with pytest.raises(BadInput, match=r"SIEBENCH_WEIGHTS: ~no-such-user/x: there is no such home"):
        home_path("~no-such-user/x", "SIEBENCH_WEIGHTS")
