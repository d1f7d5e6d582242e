"""Names become file names that cannot leave their folder or meet each other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.core.text import counted, slug, without_folders


def test_a_safe_name_stays_as_it_is() -> None:
    assert slug("frankfurt_000000_000294_l.v2-a") == "frankfurt_000000_000294_l.v2-a"


def test_names_that_differ_only_in_unsafe_characters_stay_apart() -> None:
    assert slug("w/o prog") != slug("w\\o prog")


@given(st.text())
def test_every_name_becomes_one_plain_file_name(name: str) -> None:
    made = slug(name)
    assert made not in {"", ".", ".."}
    assert set(made) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
    assert len(made) <= 120


def test_a_count_has_its_noun_in_the_right_number() -> None:
    assert [counted(n, "edit") for n in (0, 1, 2)] == ["0 edits", "1 edit", "2 edits"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the weights lie at /home/ada/nets/a.pth.", "the weights lie at …/a.pth."),
        ("FileNotFoundError: '/srv/data/x y'", "FileNotFoundError: '…/x y'"),
        ('File "/opt/ours/edit.py", line 3', 'File "…/edit.py", line 3'),
        ("~/nets/a.pth: is damaged", "…/a.pth: is damaged"),
        (r"C:\Users\ada\a.pth, at C:/nets/b.pth", "…/a.pth, at …/b.pth"),
        ("path=/data/nets/", "path=…/"),
    ],
)
def test_an_absolute_path_is_cut_to_its_last_part(text: str, expected: str) -> None:
    assert without_folders(text) == expected
    assert without_folders(expected) == expected


@pytest.mark.parametrize(
    "text",
    [
        "takes them from https://example.org/nets/a.pth",
        "rooms / freeform: 3 of 4 / 5",
        "</script><b>not/a/path</b> 1/2/3 and/or",
        "weights/a.pth is not here",
    ],
)
def test_addresses_and_relative_names_stay(text: str) -> None:
    assert without_folders(text) == text
