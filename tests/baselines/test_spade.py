"""SPADE is the published network."""

from __future__ import annotations

import pytest
import torch
from pydantic import ValidationError
from torch.utils.flop_counter import FlopCounterMode

from baselines.layers.label_map import SymbolMap, dense_label_maps
from baselines.layers.patch_discriminator import scores
from baselines.layers.spade import SPADE
from baselines.spade import SPADEConfig, SPADEGenerator, spade_discriminator
from tests.golden.names import published, shapes, skeleton
from tests.golden.vectors import vectors

ADE20K = SPADEConfig(classes=150, dont_care=True)
CITYSCAPES = SPADEConfig(classes=35, instance_edges=True, upsampling="more")
TINY = {"classes": 5, "ngf": 4, "ndf": 4, "hidden": 8}


def label_map(size=(64, 64), classes=5, batch=1, dtype=torch.float32):
    coarse = torch.randint(0, classes, (batch, size[0] // 8, size[1] // 8))
    return SymbolMap.of_labels(
        coarse.repeat_interleave(8, 1).repeat_interleave(8, 2), classes, dtype
    )


@pytest.mark.parametrize(
    "table_path",
    [True, pytest.param(False, marks=pytest.mark.slow)],
    ids=["tables", "dense"],
)
def test_the_generator_reproduces_the_golden_image(table_path):
    golden = vectors("spade_small")
    network = SPADEGenerator(SPADEConfig(classes=7, ngf=8))
    golden.fill(network)
    network = network.double().eval()
    labels = torch.from_numpy(golden.arrays["in_label"])[:, 0].long()
    with torch.set_grad_enabled(not table_path):
        image = network(SymbolMap.of_labels(labels, 7, torch.float64)).detach()
    assert golden.deviation("image", image) < 1e-6
    mean = torch.from_numpy(golden.arrays["out_image__mean"])
    assert (image.mean((2, 3)) - mean).abs().max() < 1e-6


@pytest.mark.parametrize(
    ("part", "make", "config"),
    [
        ("G", SPADEGenerator, ADE20K),
        ("D", spade_discriminator, ADE20K),
        ("G_vae", SPADEGenerator, ADE20K.model_copy(update={"latent": 256})),
        ("G_cityscapes", SPADEGenerator, CITYSCAPES),
        ("D_cityscapes", spade_discriminator, CITYSCAPES),
    ],
)
def test_full_size_parameters_have_the_published_names_and_shapes(part, make, config):
    assert shapes(skeleton(make, config)) == published("spade", part)


def test_modulation_is_the_papers_equation():
    norm = SPADE(2, 1, hidden=1).eval()
    for layer, weight, bias in ((norm.first, 0.0, 1.0), (norm.mlp_gamma, 0.0, 0.5)):
        torch.nn.init.constant_(layer.weight, weight)
        torch.nn.init.constant_(layer.bias, bias)
    torch.nn.init.constant_(norm.mlp_beta.weight, 0.0)
    torch.nn.init.constant_(norm.mlp_beta.bias, -3.0)
    norm.param_free_norm.running_mean.fill_(1.0)
    norm.param_free_norm.running_var.fill_(4.0)
    x = torch.full((1, 2, 4, 4), 5.0)
    labels = SymbolMap.of_labels(torch.zeros(1, 4, 4, dtype=torch.long), 1, torch.float32)
    with torch.no_grad():
        found = norm(x, labels)
    expected = (5 - 1) / (4 + 1e-5) ** 0.5 * (1 + 0.5) - 3
    torch.testing.assert_close(found, torch.full_like(x, expected))


@pytest.mark.parametrize(("upsampling", "halvings"), [("normal", 5), ("more", 6), ("most", 7)])
def test_the_first_features_are_the_image_over_the_divisor(upsampling, halvings):
    config = SPADEConfig(**TINY, upsampling=upsampling)
    assert config.divisor == 2**halvings
    network = SPADEGenerator(config).eval()
    with torch.no_grad():
        image = network(label_map((128, 256)))
    assert image.shape == (1, 3, 128, 256)
    assert image.abs().max() <= 1


def test_a_style_vector_changes_the_image_of_a_vae():
    config = SPADEConfig(**TINY, latent=6, start=(2, 2))
    network = SPADEGenerator(config).eval()
    labels = label_map(batch=2)
    z = torch.stack([torch.zeros(6), torch.ones(6)])
    with torch.no_grad():
        plain, styled = network(labels), network(labels, z)
    torch.testing.assert_close(styled[0], plain[0])
    assert (styled[1] - plain[1]).abs().max() > 1e-4


def test_discriminator_maps_have_the_published_sizes():
    config = SPADEConfig(**TINY)
    found = spade_discriminator(config)(torch.randn(1, 8, 256, 256))
    assert [feature.shape[-1] for feature in found[0]] == [129, 65, 33, 34, 35]
    assert [feature.shape[-1] for feature in found[1]] == [65, 33, 17, 18, 19]
    assert [score.shape[1] for score in scores(found)] == [1, 1]


def test_training_uses_batch_statistics_and_reaches_every_parameter():
    network = SPADEGenerator(SPADEConfig(**TINY)).train()
    network(label_map(batch=2)).square().sum().backward()
    assert all(p.grad is not None for p in network.parameters())


def test_a_configuration_refuses_what_it_does_not_know():
    with pytest.raises(ValidationError, match="ngff"):
        SPADEConfig(classes=3, ngff=4)


@pytest.mark.slow
def test_spade_at_256_costs_what_its_layers_add_up_to():
    """SPADE for ADE20K, counted from the layer table (docs/protocol/generation.md, B.1)."""
    config = SPADEConfig(classes=150, dont_care=True)
    counter = FlopCounterMode(display=False)
    with torch.device("meta"):
        network = SPADEGenerator(config, spectral_norm=False).eval()
        labels = SymbolMap(torch.zeros(1, 256, 256, dtype=torch.long), torch.zeros(152, 151))
        with dense_label_maps(), torch.no_grad(), counter:
            network(labels)
    blocks = [(8, 1024, 1024), (16, 1024, 1024), (16, 1024, 1024), (32, 1024, 512)]
    blocks += [(64, 512, 256), (128, 256, 128), (256, 128, 64)]
    expected = 8 * 8 * 9 * 151 * 1024 + 256 * 256 * 9 * 64 * 3
    for side, inputs, outputs in blocks:
        middle = min(inputs, outputs)
        norms = [inputs, middle] + ([inputs] if inputs != outputs else [])
        convs = 9 * (inputs * middle + middle * outputs)
        convs += inputs * outputs if inputs != outputs else 0
        convs += sum(9 * 128 * (151 + 2 * width) for width in norms)
        expected += side * side * convs
    assert counter.get_total_flops() == 2 * expected
