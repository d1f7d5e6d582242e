"""One of a thing takes no s."""

from bench.words import counted


def test_a_count_has_its_noun_in_the_right_number() -> None:
    assert [counted(n, "edit") for n in (0, 1, 2)] == ["0 edits", "1 edit", "2 edits"]
