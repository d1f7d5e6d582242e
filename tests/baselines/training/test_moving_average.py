"""The moving average of weights: its formula, its life in a run, and what is saved."""

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from baselines.training.loop import WEIGHTS, train
from baselines.training.recipe import MovingAverage
from tests.baselines.training.tiny import tiny


def test_it_follows_the_weights_faster_at_first_and_then_by_its_decay():
    network = nn.Linear(1, 1, bias=False)
    with torch.no_grad():
        network.weight.fill_(0.0)
    average = MovingAverage(network, 0.5)
    expected = 0.0
    for step in range(12):
        with torch.no_grad():
            network.weight.fill_(step + 1.0)
        average.schedule(step)
        average.move()
        kept = min(0.5, (1 + step) / (10 + step))
        expected = kept * expected + (1 - kept) * (step + 1.0)
    assert average.means["weight"].item() == pytest.approx(expected, rel=1e-6)


def test_statistics_of_norms_are_averaged_and_other_buffers_are_not():
    network = nn.Sequential(nn.utils.spectral_norm(nn.Conv2d(1, 2, 1)), nn.BatchNorm2d(2))
    names = MovingAverage(network, 0.9).means
    assert {"0.weight_orig", "0.bias", "1.running_mean", "1.running_var"} <= set(names)
    assert not {"0.weight_u", "0.weight_v", "1.num_batches_tracked"} & set(names)


def test_the_network_has_the_averages_weights_inside_the_block_and_its_own_after_it():
    network = nn.Linear(2, 1)
    average = MovingAverage(network, 0.9)
    own, place = network.weight.clone(), network.weight.data_ptr()
    with torch.no_grad():
        average.means["weight"].fill_(7.0)
    with average.in_place():
        assert network.weight.tolist() == [[7.0, 7.0]]
        assert network.weight.data_ptr() == place  # a captured step reads it there
    assert torch.equal(network.weight, own)


def test_what_is_saved_is_the_average_and_training_does_not_see_it(tmp_path):
    losses = {}
    for ema in (0.0, 0.9):
        seen = losses.setdefault(ema, [])
        watch = lambda done, total, found, seen=seen: seen.append(found)  # noqa: E731
        train(tiny("pix2pixhd", ema=ema), tmp_path / str(ema), watch=watch)
    assert losses[0.0] == losses[0.9]
    plain, averaged = (load_file(tmp_path / name / WEIGHTS) for name in ("0.0", "0.9"))
    assert plain.keys() == averaged.keys()
    assert not any(torch.equal(plain[name], averaged[name]) for name in plain if "G." in name)


def test_a_run_goes_on_with_its_average(tmp_path):
    class KilledError(Exception):
        pass

    def watch(done, total, losses):
        if done == 3:
            raise KilledError

    config = tiny("spade", ema=0.9)
    train(config, tmp_path / "straight")
    with pytest.raises(KilledError):
        train(config, tmp_path / "killed", watch=watch)
    train(config, tmp_path / "killed", resume=True)
    straight, resumed = (load_file(tmp_path / name / WEIGHTS) for name in ("straight", "killed"))
    assert all(torch.equal(straight[name], resumed[name]) for name in straight)
