"""Metrics are made by name, with their options checked."""

import pytest

from bench.core.errors import BadInput
from bench.metrics import Context, Metric, Missing, make_metric, metric_names


@pytest.mark.parametrize("name", metric_names())
def test_every_name_gives_a_metric_or_a_reason(name, tmp_path):
    made = make_metric(name, {}, Context(weights=(tmp_path,)))
    if isinstance(made, Missing):
        assert made.reason
    else:
        assert isinstance(made, Metric)
        called = {"fd": "fd-procedural", "kd": "kd-procedural"}.get(name, name)
        assert made.score_names[0] == made.name == called
        assert made.title
        assert made.definition()


def test_an_unknown_metric_gets_the_nearest_name():
    with pytest.raises(BadInput, match="did you mean 'psnr'"):
        make_metric("psnrr")


def test_an_unknown_option_names_those_there_are():
    with pytest.raises(
        BadInput, match="unknown option of metric 'ssim': 'channels'; did you mean 'planes'"
    ):
        make_metric("ssim", {"channels": 3})
    with pytest.raises(BadInput, match="metric 'psnr' takes no options, but 'planes' is given"):
        make_metric("psnr", {"planes": "luma"})


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("ssim", {"planes": "hsv"}),
        ("miou", {"convention": "best"}),
        ("accuracy", {"void": "ignored"}),
        ("diversity", {"trunk": "resnet"}),
    ],
)
def test_a_wrong_value_names_metric_option_and_what_is_expected(name, options):
    with pytest.raises(
        BadInput, match=f"unknown value of '{next(iter(options))}' of metric '{name}'"
    ):
        make_metric(name, options)


def test_options_change_the_definition():
    assert make_metric("ssim").definition() != make_metric("ssim", {"planes": "rgb"}).definition()
