"""Reasons of one kind are one line, and methods stay apart."""

from bench.run.outcome import TaskOutcome, all_reasons


def outcome(*reasons: str) -> TaskOutcome:
    return TaskOutcome((), 0, len(reasons), (), (), reasons=reasons)


def test_reasons_that_differ_in_files_and_numbers_are_told_once_in_the_words_of_the_first() -> None:
    small = [f"m1: …/{i:04}.png: 56x56 pixels where 64x64 are asked for" for i in range(5)]
    other = [reason.replace("m1", "m2", 1) for reason in small[:2]]
    found = all_reasons({"rooms": outcome(*small, "m1: out of memory", *other)})
    assert found == (
        (f"rooms: {small[0]}", 5),
        (f"rooms: {other[0]}", 2),
        ("rooms: m1: out of memory", 1),
    )


def test_reasons_of_other_tasks_stay_apart_and_need_no_method() -> None:
    none = ["none of the scene's 5 objects fits", "none of the scene's 7 objects fits"]
    assert all_reasons({"one": outcome(*none), "two": outcome(none[1])}) == (
        (f"one: {none[0]}", 2),
        (f"two: {none[1]}", 1),
    )
