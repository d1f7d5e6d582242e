"""Reasons of one kind are one line, and methods stay apart."""

from bench.run.outcome import TaskOutcome, all_reasons


def outcome(method: str, *reasons: str) -> TaskOutcome:
    why = tuple((method, reason) for reason in reasons)
    return TaskOutcome((), 0, len(reasons), (), (), reasons=why)


def test_reasons_that_differ_in_files_and_numbers_are_told_once_in_the_words_of_the_first() -> None:
    small = [f"…/{i:04}.png: 56x56 pixels where 64x64 are asked for" for i in range(5)]
    for method, before in (("m1", "rooms: m1: "), ("", "rooms: ")):
        assert all_reasons({"rooms": outcome(method, *small, "out of memory")}) == (
            (f"{before}{small[0]}", 5),
            (f"{before}out of memory", 1),
        )


def test_reasons_of_other_tasks_and_methods_stay_apart() -> None:
    why = "lacks 3 pixels"
    one, two = outcome("m1", why), outcome("m2", why)
    assert all_reasons({"a": one, "b": two}) == ((f"a: m1: {why}", 1), (f"b: m2: {why}", 1))
    both = TaskOutcome((), 0, 2, (), (), reasons=(*one.reasons, *two.reasons))
    assert all_reasons({"a": both}) == ((f"a: m1: {why}", 1), (f"a: m2: {why}", 1))
