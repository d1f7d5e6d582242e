"""Tables of variants that were trained several times, for a paper."""

from bench.judge.compare.trainings import TrainingTable
from reports.export.trainings import trainings_latex

TABLE = TrainingTable(
    "rooms & more",
    ("score", "variant", "difference"),
    (("L1", "w-seed1: -1, inf", "-1.2 [-1.5, +0.9]"), ("FID_x", "w/o 3-scale", "one training")),
)


def test_a_task_is_a_table_whose_words_are_escaped_and_whose_numbers_have_a_minus() -> None:
    text = trainings_latex([TABLE], "95 % intervals", ["w: has one seed"])
    assert text.startswith("% siebench trainings\n\\begin{table}")
    assert r"\caption{rooms \& more.}" in text
    assert r"\begin{tabular}{lll}" in text
    assert r"L1 & w-seed1: $-$1, inf & $-$1.2 [$-$1.5, +0.9] \\" in text
    assert r"FID\_x & w/o 3-scale & one training \\" in text
    assert r"95 \% intervals. w: has one seed." in text


def test_a_table_for_every_task() -> None:
    text = trainings_latex([TABLE, TABLE], "intervals", [])
    assert text.count(r"\begin{table}") == text.count(r"\end{table}") == 2
