"""Metrics are made by name, with their options checked."""

import re

import pytest
import torch

from bench.core.device_faults import DeviceFailed
from bench.core.errors import BadInput
from bench.metrics import Context, Metric, Missing, PerEdit
from bench.metrics.make import look_up_metric, make_metric, metric_names
from bench.plugins.kinds import METRICS


@pytest.mark.parametrize("name", metric_names())
def test_every_name_gives_a_metric_or_a_reason(name, tmp_path):
    made = make_metric(name, {}, Context(weights=(tmp_path,)))
    if isinstance(made, Missing):
        assert made.reason
    else:
        assert isinstance(made, Metric)
        called = re.sub(r"^([fk]d)(-crop)?$", r"\1-procedural\2", name)
        assert made.score_names[0] == made.name == called
        assert made.title
        assert made.definition()


def test_an_unknown_metric_gets_the_nearest_name():
    with pytest.raises(BadInput, match="did you mean 'psnr'"):
        make_metric("psnrr")
    with pytest.raises(BadInput, match="did you mean 'psnr'"):
        make_metric("PSNR")


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


class Gap(PerEdit):
    """A metric from elsewhere."""

    name = "gap"
    title = "Gap"

    def definition(self):
        return {"formula": "none"}

    def measure(self, references, prepared, results):
        return {self.name: [0.0] * len(references)}


class Raising(Gap):
    def __init__(self, context):
        raise RuntimeError("no licence\nsee the log")


def full(device, folders):
    """A feature network for which the device has no room."""
    raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")


class Full(Gap):
    def __init__(self, context):
        full(context.device, ())


class Impostor(Gap):
    name = "psnr"


def test_a_finished_metric_of_the_python_api_is_the_metric_itself():
    mine = Gap()
    with METRICS.offering({"mine": mine}):
        assert make_metric("mine") is mine
        with pytest.raises(BadInput, match="takes no options, but 'level' is given"):
            make_metric("mine", {"level": 3})


def test_a_metric_of_a_module_asks_for_trust():
    with pytest.raises(BadInput, match="agree with --trust"):
        make_metric(f"{__name__}:Gap")
    assert make_metric(f"{__name__}:Gap", {}, Context(trust=True)).name == "gap"


def test_a_metric_that_raises_in_its_constructor_is_missing_with_its_reason():
    made = make_metric(f"{__name__}:Raising", {}, Context(trust=True))
    assert isinstance(made, Missing)
    assert made.reason.endswith("its constructor raised RuntimeError: no licence")


@pytest.mark.parametrize(
    ("name", "options"), [("fd", {"network": f"{__name__}:full"}), (f"{__name__}:Full", {})]
)
def test_a_full_device_makes_no_metric_missing(name, options):
    with pytest.raises(DeviceFailed) as raised:
        make_metric(name, options, Context(trust=True))
    assert str(raised.value) == (
        f"metric {name!r}, its network: cpu has too little memory; close what else uses it, or give "
        "--device cpu; nothing is lost: give the same command again"
    )


def test_a_metric_that_bears_a_name_of_ours_is_refused_with_both_names():
    sentence = "Impostor' calls its score 'psnr', and siebench has a metric of that name"
    with pytest.raises(BadInput, match=sentence):
        make_metric(f"{__name__}:Impostor", {}, Context(trust=True))


def test_what_is_no_metric_is_refused():
    with (
        METRICS.offering({"number": lambda context: 3}),
        pytest.raises(BadInput, match="metric 'number' gave a int, which is no subclass"),
    ):
        make_metric("number")


def test_people_may_type_the_names_they_know(random_weights):
    context = Context(weights=(random_weights("alexnet"),))
    assert make_metric("lpips", {}, context).name == "lpips-alex"
    with pytest.raises(BadInput, match="rmse is its square root"):
        make_metric("mse")


def test_a_look_up_makes_nothing_and_finds_wrong_options():
    look_up_metric("fid")
    with pytest.raises(BadInput, match="option 'network' is 3; expected: text"):
        look_up_metric("fd", {"network": 3})
