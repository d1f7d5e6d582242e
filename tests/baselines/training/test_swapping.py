"""The Swapping Autoencoder's training: pairs exchange codes, patches are judged beside references."""

import pytest
import torch
from lightning_fabric import Fabric

from baselines.sae import SAEConfig, SAEEncoder, SAEGenerator
from baselines.training.data import Examples, collate
from baselines.training.swapping import Autoencoding, Cooccurrence, swap
from baselines.training.trainer import make_recipe
from bench.core.errors import BadInput
from tests.baselines.training.tiny import SAE, tiny


def test_neighbours_exchange_their_codes_and_twice_is_nothing():
    codes = torch.arange(4.0).view(4, 1)
    assert swap(codes).flatten().tolist() == [1, 0, 3, 2]
    assert torch.equal(swap(swap(codes)), codes)


def test_sets_of_patches_get_the_scores_of_each_patch_beside_the_references():
    torch.manual_seed(0)
    judge = Cooccurrence(SAEConfig(**SAE)).eval()
    patches, references = torch.rand(2, 3, 3, 16, 16), torch.rand(2, 4, 3, 16, 16)
    with torch.no_grad():
        together = judge(patches, references).view(2, 3)
        for i in range(2):
            each = judge.patch(patches[i], references[i].expand(3, -1, -1, -1, -1))
            torch.testing.assert_close(together[i], each[:, 0], atol=1e-5, rtol=1e-5)


def stepped(system, **fields):
    """A recipe after its first four steps with weights of losses, and what each step told."""
    config = tiny(system, weights={"lazy": 2, "r1": 10, **fields})
    source = Examples(config.data, 0)
    batch = collate([source.example(n) for n in range(2)], source.space, torch.device("cpu"))
    recipe = make_recipe(config, [source])
    recipe.setup(Fabric(accelerator="cpu", devices=1), 4)
    before = {name: values(player.module) for name, player in recipe.players.items()}
    told = [recipe.step(batch, step) for step in range(4)]
    moved = {
        name for name, player in recipe.players.items() if values(player.module) != before[name]
    }
    return moved, told


def values(module):
    return [value.tolist() for value in module.state_dict().values()]


@pytest.mark.parametrize("loss", ["rebuilt", "swapped", "patch"])
def test_with_an_adversarial_loss_discriminators_and_the_autoencoder_alternate(loss):
    moved, told = stepped("sae", l1=1, **{loss: 0.5})
    assert moved == {"autoencoder", "D", "Dpatch"}
    assert ["l1" in losses for losses in told] == [False, True, False, True]


def test_without_adversarial_losses_every_step_rebuilds_and_the_discriminators_rest():
    moved, told = stepped("sae", l1=1)
    assert moved == {"autoencoder"}
    assert [set(losses) for losses in told] == [{"l1"}] * 4


def test_without_adversarial_losses_refinements_keep_to_what_lies_outside():
    moved, told = stepped("ssae", l1=1)
    assert moved == {"autoencoder", "masks", "refinements"}
    assert [set(losses) for losses in told] == [{"l1"}, {"l1"}, {"masks"}, {"l1"}]


@pytest.mark.parametrize("system", ["sae", "ssae"])
def test_a_training_without_any_loss_of_the_autoencoder_is_refused(system):
    config = tiny(system, weights={"r1": 10})
    with pytest.raises(BadInput, match="weights: none of the autoencoder's losses is on"):
        make_recipe(config, [Examples(config.data, 0)])


def test_without_mixing_the_whole_batch_is_rebuilt():
    torch.manual_seed(0)
    form = SAEConfig(**SAE)
    network = Autoencoding(SAEEncoder(form), SAEGenerator(form)).eval()
    image = torch.rand(4, 3, 32, 32)
    with torch.no_grad():
        rebuilt, mixed = network(image, mixing=False)
        # A generator's noise has a weight of 0 at first: both are the images without any.
        half, swapped = network(image)
        wanted = network.G(*network.E(image))
    assert (len(rebuilt), len(mixed), len(half), len(swapped)) == (4, 0, 2, 4)
    torch.testing.assert_close(rebuilt, wanted)
    torch.testing.assert_close(half, wanted[:2])
