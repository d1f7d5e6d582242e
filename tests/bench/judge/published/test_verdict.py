"""A measured value is judged against a published one only where the two can be compared."""

import pytest

from bench.judge.published.results import find_published
from bench.judge.published.verdict import protocol_differences, verdict
from bench.metrics import Score
from bench.suite.table import Tolerance

PAPER = "SPADE (CVPR 2019, arXiv 1903.07291)"
FID, MIOU = (
    find_published(
        dataset="ADE20K",
        task="label-to-image synthesis",
        method="SPADE",
        metric=metric,
        papers=[PAPER],
    )[0]
    for metric in ("FID", "mIoU")
)


def test_a_difference_within_the_tolerance_is_a_reproduction():
    judged = verdict(FID, Score("fid", 34.4, 33.0, 35.0, n=2000), Tolerance(absolute=1.0))
    assert judged.kind == "reproduced"
    assert judged.difference == pytest.approx(34.4 - 33.9)
    assert "inside our interval" in judged.words


def test_a_difference_beyond_the_tolerance_is_none():
    judged = verdict(FID, Score("fid", 36.0, 35.5, 36.5), Tolerance(absolute=1.0, relative=0.0))
    assert judged.kind == "not reproduced"
    assert "outside our interval" in judged.words


def test_the_larger_of_the_two_allowances_counts():
    assert Tolerance(absolute=0.5, relative=0.02).around(100.0) == 2.0
    assert Tolerance(absolute=0.5, relative=0.02).around(-1.0) == 0.5


def test_another_protocol_makes_equal_numbers_incomparable_and_names_the_field():
    differences = protocol_differences(
        {"n_scenes": 3, "metric": {"channels": "rgb"}},
        {"n_scenes": 2000, "metric.channels": "rgb", "metric.segmenter": "upernet101"},
    )
    judged = verdict(FID, Score("fid", 33.9), differences=differences)
    assert (judged.kind, judged.difference) == ("not comparable", None)
    assert judged.words == (
        'n_scenes is 3 here and 2000 there; metric.segmenter is not set here and "upernet101" there'
    )


def test_percentages_are_compared_as_percentages():
    judged = verdict(MIOU, Score("miou", 0.386), Tolerance(absolute=0.2, relative=0.0), scale=100)
    assert judged.kind == "reproduced"
    assert judged.difference == pytest.approx(0.1)


def test_a_missing_value_keeps_its_reason():
    judged = verdict(FID, Score("fid", None, reason="the weights are not here"))
    assert (judged.kind, judged.words) == ("not measured", "the weights are not here")


def test_without_a_published_value_there_is_nothing_to_judge():
    assert verdict(None, Score("fid", 12.0)).kind == "nothing published"
