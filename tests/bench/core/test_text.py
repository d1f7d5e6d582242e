"""Names become file names that cannot leave their folder or meet each other."""

from hypothesis import given
from hypothesis import strategies as st

from bench.core.text import counted, slug


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
