"""Every metric states the facts of its scores, and former runs get the same ones from a table."""

import dataclasses

import pytest

from bench.metrics import FORMER_SCORES, Context, ScoreInfo, make_metric
from bench.metrics.facts import score_infos
from bench.networks.weights import find
from bench.run.schema import MetricColumn


def test_the_first_region_has_the_metrics_own_name_and_the_masked_region_a_name_of_its_own():
    image, mask = score_infos("psnr", "PSNR", ("image", "mask"), unit="dB")
    assert (image.name, image.title, image.region) == ("psnr", "PSNR", "image")
    assert (mask.name, mask.title, mask.region) == (
        "psnr-hole",
        "PSNR, masked region",
        "mask",
    )
    assert mask.unit == "dB"


@pytest.mark.parametrize(
    "name", ["l1", "leak", "psnr", "rmse", "seam", "ssim", "ssim-sean", "ssim-sesame"]
)
def test_the_facts_of_former_runs_are_those_that_metrics_state_today(name):
    for score in make_metric(name).scores:
        assert FORMER_SCORES[score.name] == score


@pytest.mark.parametrize(
    ("name", "network"),
    [
        ("lpips-alex", "alexnet"),
        ("lpips-alex-original", "alexnet"),
        ("diversity", "alexnet"),
        ("lpips-squeeze", "squeezenet"),
        ("fid", "inception-fid"),
        ("fid-clean", "inception-fid"),
        ("kid", "inception-fid"),
    ],
)
def test_so_are_those_of_metrics_with_a_network(name, network, random_weights):
    folder = random_weights(network)
    assert find(network, [folder]) is not None
    for score in make_metric(name, {}, Context(weights=(folder,))).scores:
        assert FORMER_SCORES[score.name] == score


@pytest.mark.parametrize("name", ["fd-procedural", "perceptual-procedural", "miou", "accuracy"])
def test_so_are_those_of_the_procedural_segmenter(name):
    context = Context(segmenter="procedural:procedural-rooms")
    for score in make_metric(name, {}, context).scores:
        assert FORMER_SCORES[score.name] == score


def test_only_the_mean_iou_of_the_whole_image_has_rows_of_classes():
    assert [one.name for one in FORMER_SCORES.values() if one.by_class] == ["miou"]


def test_a_column_of_a_former_run_gets_its_facts_and_todays_words():
    row = {"name": "psnr-hole", "metric": "psnr", "title": "PSNR, hole", "unit": "dB"}
    column = MetricColumn.model_validate({**row, "better": "higher"})
    assert (column.region, column.family, column.summary) == ("mask", "psnr", "mean")
    assert (column.margin, column.margin_kind) == (0.1, "absolute")
    assert column.title == "PSNR, masked region"


def test_a_column_of_an_earlier_run_learns_what_its_score_can_be():
    row = {"name": "ssim", "metric": "ssim", "title": "SSIM", "family": "ssim", "better": "higher"}
    column = MetricColumn.model_validate(row)
    assert (column.floor, column.ceiling) == (-1.0, 1.0)
    unknown = MetricColumn.model_validate({**row, "name": "mine"})
    assert (unknown.floor, unknown.ceiling) == (None, None)


def test_a_column_carries_every_fact_of_a_score():
    score = make_metric("seam").scores[0]
    column = MetricColumn.model_validate({"metric": "seam", **dataclasses.asdict(score)})
    assert column.model_dump(exclude={"metric"}) == dataclasses.asdict(score)


def test_a_score_that_says_nothing_of_itself_points_neither_way():
    assert ScoreInfo("x", "X").better == "neither"
