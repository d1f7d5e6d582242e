"""A training that starts from trained weights begins with the network of the file."""

import pytest
import torch

from baselines.checkpoints import load_network
from baselines.training.data import Examples
from baselines.training.loop import train
from baselines.training.trainer import make_recipe
from bench.core.errors import BadInput
from tests.baselines.training.tiny import tiny


@pytest.mark.parametrize("system", ["spmpgan", "sesame", "siedob"])
def test_a_training_goes_on_from_the_weights_of_another(system, tmp_path):
    file = train(tiny(system, steps=2), tmp_path / "first", device="cpu", log=False).saved.path
    config = tiny(system, start=file, seed=1)
    recipe = make_recipe(config, [Examples(config.data, 1)])
    trained = load_network(system, file).network
    begun = recipe.network.eval()
    plain = dict(begun.named_modules())
    for name, layer in trained.named_modules():
        if isinstance(layer, torch.nn.Conv2d):
            # Normalised by their largest singular value, which is 1 but for the file's estimate of it.
            torch.testing.assert_close(plain[name].weight, layer.weight, rtol=0.05, atol=1e-6)


@pytest.mark.parametrize("system", ["spmpgan", "divsem"])
def test_a_larger_network_starts_its_stages_from_those_of_their_size(system, tmp_path):
    file = train(tiny(system, steps=2), tmp_path, device="cpu", log=False).saved.path
    small = load_network(system, file).network
    larger = tiny(system, start=file, seed=1)
    larger = larger.model_copy(
        update={"network": {**larger.network, "size": 2 * larger.network["size"]}}
    )
    begun = make_recipe(larger, [Examples(larger.data, 1)]).network
    assert [begun.config.stages[name] for name in ("G1", "G2")] == [
        small.config.stages[name] for name in ("G2", "G3")
    ]
    for name, wanted in (("G1", small.G2), ("G2", small.G3)):
        encoder = begun.get_submodule(name).enc1
        for key, value in wanted.enc1.state_dict().items():
            torch.testing.assert_close(encoder.state_dict()[key], value, rtol=0, atol=0)
    # The largest stage has a level more; its outer layers are those of the largest that there was.
    torch.testing.assert_close(
        begun.G3.enc2.conv2d.weight, small.G3.enc2.conv2d.weight, rtol=0, atol=0
    )


def test_weights_of_another_system_are_no_start(tmp_path):
    file = train(tiny("spade", steps=1), tmp_path, device="cpu", log=False).saved.path
    config = tiny("sesame", start=file)
    with pytest.raises(BadInput, match="spade"):
        make_recipe(config, [Examples(config.data, 0)])


def test_an_ssae_goes_on_from_a_whole_one(tmp_path):
    file = train(tiny("ssae", steps=4), tmp_path, device="cpu", log=False).saved.path
    config = tiny("ssae", start=file, seed=1)
    recipe = make_recipe(config, [Examples(config.data, 1)])
    stored = load_network("ssae", file).network.state_dict()
    for name, value in recipe.network.state_dict().items():
        torch.testing.assert_close(value, stored[name], rtol=0, atol=0)
