"""SemanticStyleGAN's training: what the discriminator sees, and the published penalties."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
from torch import Tensor
from torch.nn.functional import softplus

from baselines.training.compositional import AVERAGE, path_penalty, segmentation_penalties
from baselines.training.config import read_config
from baselines.training.data import Examples, collate
from baselines.training.trainer import make_recipe
from bench.core.errors import BadInput
from tests.baselines.training.tiny import tiny


def made(**fields):
    config = tiny("semanticstylegan", **fields)
    source = Examples(config.data, config.seed)
    return make_recipe(config, [source]), source


def batch_of(source):
    return collate([source.example(n) for n in range(2)], source.space, torch.device("cpu"))


def test_the_shipped_values_are_the_protocol_pages():
    config = read_config("semanticstylegan")
    weights = config.weights
    assert (weights.r1, weights.segmentation_r1, weights.lazy) == (10, 1000, 16)
    assert (weights.path, weights.path_lazy, weights.coarse, weights.mixing) == (0.5, 4, 100, 0.3)
    assert (config.steps, config.batch) == (200_001, 16)


def test_rates_and_betas_take_the_lazy_correction():
    recipe, _ = made(weights={"r1": 10, "lazy": 16, "path": 0.5, "path_lazy": 4})
    for name, share in (("G", 4 / 5), ("D", 16 / 17)):
        (group,) = recipe.players[name].optimiser.param_groups
        assert group["lr"] == pytest.approx(1e-3 * share)
        assert group["betas"] == pytest.approx((0.5**share, 0.9**share))


def test_true_segmentations_are_one_hot_between_minus_one_and_one():
    recipe, source = made()
    batch = batch_of(source)
    names = source.space.classes
    labels = batch.labels.clone()
    labels[:, 0, 0] = -1  # void
    planes = recipe.segmentation(replace(batch, labels=labels))
    assert planes.shape == (2, 4, 32, 32)
    assert set(planes.unique().tolist()) == {-1, 1}
    hair = labels == names.index("hair")
    assert torch.equal(planes[:, 2] > 0, hair)
    # What the network has no class for is its background.
    assert planes[:, 0, 0, 0].tolist() == [1, 1]
    assert (planes[:, 0] > 0)[labels == names.index("glasses")].all()


def test_penalties_are_squared_gradient_norms():
    image = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    segmentation = torch.tensor([[1.0], [2.0]], requires_grad=True)
    scores = image.square().sum(1) + 5 * segmentation.sum(1)
    of_image, of_segmentation = segmentation_penalties(scores, image, segmentation)
    assert of_image.item() == ((4 + 16) + (36 + 64)) / 2
    assert of_segmentation.item() == 25


def test_path_lengths_are_held_to_their_running_mean():
    torch.manual_seed(3)
    direction = torch.randn(2, 3, 4, 4) / 4
    torch.manual_seed(3)
    codes = torch.tensor([[[1.0], [2.0]], [[3.0], [4.0]]], requires_grad=True)
    image = codes.sum((1, 2)).view(2, 1, 1, 1).expand(2, 3, 4, 4) * torch.ones(2, 3, 4, 4)
    running = torch.tensor(2.0)
    penalty = path_penalty(image, codes, running)
    lengths = direction.sum((1, 2, 3)).abs()  # each row's slope is the direction's sum
    mean = 0.99 * 2.0 + 0.01 * lengths.mean()
    assert running.item() == pytest.approx(mean.item(), rel=1e-5)
    assert penalty.item() == pytest.approx((lengths - mean).square().mean().item(), rel=1e-5)


def test_the_average_follows_the_generators_parameters_and_keeps_its_noise():
    recipe, _ = made()
    whole = recipe.generating
    with torch.no_grad():
        for parameter in whole.network.parameters():
            parameter += 1
        whole.network.render_net.noises.noise_0 += 1
    before = whole.ema.pos_embed.weights.clone(), whole.ema.render_net.noises.noise_0.clone()
    whole.average()
    moved = whole.ema.pos_embed.weights - before[0]
    assert torch.allclose(moved, torch.full_like(moved, 1 - AVERAGE), atol=1e-6)
    assert torch.equal(whole.ema.render_net.noises.noise_0, before[1])


def test_the_discriminator_judges_real_and_made_images_each_among_their_own():
    from lightning_fabric import Fabric

    recipe, source = made()
    recipe.setup(Fabric(accelerator="cpu", devices=1), 1)
    judge, batch = recipe.players["D"].module, batch_of(source)
    torch.manual_seed(5)
    with torch.no_grad():
        real = judge(batch.original, recipe.segmentation(batch))
        image, drawn, _ = recipe.players["G"].module(*recipe._codes(2))
        fake = judge(image, drawn)
    torch.manual_seed(5)
    found = recipe.step(batch, 1)["discriminator"]
    assert found.item() == pytest.approx((softplus(-real) + softplus(fake)).mean().item(), rel=1e-5)


def test_several_devices_share_the_gradients_of_penalties():
    """Fabric's wrapper shares those that pass through it, and penalties go past it."""
    from lightning_fabric import Fabric

    recipe, source = made(weights={"r1": 10, "segmentation_r1": 1000, "path": 0.5, "lazy": 2})
    recipe.setup(Fabric(accelerator="cpu", devices=1), 1)
    shared = []

    def all_reduce(gradient):
        shared.append(gradient.clone())
        return gradient.zero_()  # as if the other device's were opposite

    batch = batch_of(source)
    recipe.fabric = SimpleNamespace(
        world_size=2, device=torch.device("cpu"), all_reduce=all_reduce, backward=Tensor.backward
    )
    for name, penalise in (
        ("D", lambda: recipe._penalise(batch.original, recipe.segmentation(batch))),
        ("G", lambda: recipe._regularise(2)),
    ):
        player, before = recipe.players[name].plain, len(shared)
        penalise()
        own = [one.grad for one in player.parameters() if one.grad is not None]
        assert len(shared) - before == len(own)
        assert any(one.any() for one in shared[before:])
        assert not any(one.any() for one in own)


def test_a_step_counts_as_a_change_of_the_weights():
    from lightning_fabric import Fabric

    recipe, _ = made()
    recipe.setup(Fabric(accelerator="cpu", devices=1), 1)
    weight = recipe.generating.network.pos_embed.weights
    before = weight._version
    image, _, _ = recipe.players["G"].module(torch.randn(2, 4))
    recipe.update("G", image.mean())
    assert weight._version > before


def test_scenes_that_are_no_faces_are_refused():
    rooms = {"dataset": "procedural-rooms", "count": 2, "load": (32, 32)}
    with pytest.raises(BadInput, match="procedural-rooms has 0 of the network's 4 classes"):
        made(data=rooms)


def test_images_of_another_size_are_refused():
    recipe, source = made(data={"dataset": "procedural-faces", "count": 2, "load": (16, 16)})
    with pytest.raises(BadInput, match="images are 16x16 pixels, but the network makes 32x32"):
        recipe.step(batch_of(source), 0)
