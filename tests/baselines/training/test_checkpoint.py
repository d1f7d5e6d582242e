"""A checkpoint holds everything that training needs to go on, and only of its own configuration."""

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import nn
from torch.optim import Adam

from baselines.training.checkpoint import load_checkpoint, save_checkpoint
from baselines.training.recipe import Player
from bench.core.errors import BadInput


def player(seed):
    torch.manual_seed(seed)
    network = nn.Linear(3, 2)
    optimiser = Adam(network.parameters(), lr=0.1)
    return Player(network, 0.1, network, optimiser)


def step(one):
    one.optimiser.zero_grad()
    one.plain(torch.ones(1, 3)).square().sum().backward()
    one.optimiser.step()


def test_training_goes_on_as_if_it_had_not_stopped(tmp_path):
    straight, resumed = player(0), player(1)
    for _ in range(3):
        step(straight)
    save_checkpoint(tmp_path / "c", {"G": straight}, 3, {"seed": 0})
    assert load_checkpoint(tmp_path / "c", {"G": resumed}, {"seed": 0}) == 3
    for one in (straight, resumed):
        step(one)
    assert torch.equal(straight.plain.weight, resumed.plain.weight)


def test_moments_take_the_layout_of_their_weights(tmp_path):
    def strided():
        network = nn.Conv2d(3, 4, 3).to(memory_format=torch.channels_last)
        return Player(network, 0.1, network, Adam(network.parameters(), lr=0.1, fused=True))

    straight, resumed = strided(), strided()
    for n in range(3):
        if n == 2:
            save_checkpoint(tmp_path / "c", {"G": straight}, 2, {})
            load_checkpoint(tmp_path / "c", {"G": resumed}, {})
        for one in (straight, resumed):
            one.optimiser.zero_grad()
            image = (
                torch.arange(75.0).view(1, 3, 5, 5).contiguous(memory_format=torch.channels_last)
            )
            one.plain(image).square().mean().backward()
            one.optimiser.step()
    moments = resumed.optimiser.state[resumed.plain.weight]
    assert moments["exp_avg"].stride() == resumed.plain.weight.stride()
    assert torch.equal(straight.plain.weight, resumed.plain.weight)


def test_another_configuration_is_refused_with_the_field(tmp_path):
    save_checkpoint(tmp_path / "c", {"G": player(0)}, 1, {"seed": 0})
    with pytest.raises(BadInput, match=r"another configuration \(seed: 0 against 1\)"):
        load_checkpoint(tmp_path / "c", {"G": player(0)}, {"seed": 1})


def test_another_safetensors_file_is_no_checkpoint(tmp_path):
    save_file({"a": torch.ones(1)}, tmp_path / "c")
    with pytest.raises(BadInput, match="not a training checkpoint; choose another folder"):
        load_checkpoint(tmp_path / "c", {}, {})


def changed(path, change):
    """The checkpoint with other tensors and the same record."""
    with safe_open(path, framework="pt") as archive:
        record = archive.metadata()
    tensors = load_file(path)
    change(tensors)
    save_file(tensors, path, record)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda t: t.update({"G/network/weight": torch.ones(5, 5)}),
            r"weight is \[5, 5\], expected",
        ),
        (lambda t: t.pop("G/network/bias"), "1 missing: bias"),
        (lambda t: t.update({"G/network/more": torch.ones(1)}), "1 not part of this network: more"),
        (lambda t: t.update({"G/network/bias": torch.ones(2).long()}), "bias is int64"),
        (lambda t: t.update({"G/network/bias": torch.ones(2) / 0}), "bias .2 infinite of 2"),
        (lambda t: t.update({"G/optimiser/0/exp_avg": torch.ones(7)}), r"0/exp_avg is \[7\]"),
        (lambda t: t.update({"G/optimiser/9/exp_avg": torch.ones(2)}), "9/exp_avg"),
        (lambda t: t.update({"G/optimiser/x/exp_avg": torch.ones(2)}), "x/exp_avg"),
    ],
)
def test_tensors_that_are_not_the_configurations_are_named(tmp_path, change, said):
    one = player(0)
    step(one)
    save_checkpoint(tmp_path / "c", {"G": one}, 1, {"seed": 0})
    changed(tmp_path / "c", change)
    with pytest.raises(BadInput, match=f"does not fit its own configuration; G: .*{said}"):
        load_checkpoint(tmp_path / "c", {"G": player(0)}, {"seed": 0})


@pytest.mark.parametrize(
    "record", ["", "[]", "{}", '{"step": "3", "identity": {}}', '{"step": 1}', "[" * 10_000]
)
def test_a_record_that_is_none_is_one_sentence(tmp_path, record):
    save_file({"a": torch.ones(1)}, tmp_path / "c", {"sebench.training": record})
    with pytest.raises(BadInput, match=r"/c[:,]"):
        load_checkpoint(tmp_path / "c", {}, {})


def test_a_checkpoint_from_before_a_field_is_of_a_configuration_where_that_is_off(tmp_path):
    old = {"seed": 1, "weights": {"gan": 1.0}}
    save_checkpoint(tmp_path / "c", {"G": player(0)}, 3, old)
    weights = {"gan": 1.0, "objects": 0.0, "path_lazy": 4}
    now = {"seed": 1, "weights": weights, "balance": None, "batches": []}
    assert load_checkpoint(tmp_path / "c", {"G": player(1)}, now) == 3
    for name, value in (("objects", 2.0), ("path_lazy", 8)):
        on = {**now, "weights": {**weights, name: value}}
        with pytest.raises(BadInput, match=rf"weights\.{name}"):
            load_checkpoint(tmp_path / "c", {"G": player(1)}, on)
