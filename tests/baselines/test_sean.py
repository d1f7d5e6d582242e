"""SEAN is the published network."""

from __future__ import annotations

import pytest
import torch

from baselines.layers.region_adaptive import RegionAdaptiveNorm, StyledRegions
from baselines.sean import SEANConfig, SEANGenerator, region_means, sean_config, sean_discriminator
from tests.golden import weights
from tests.golden.names import published, shapes, skeleton
from tests.golden.vectors import vectors

TINY = SEANConfig(classes=4, ngf=4, ndf=4, hidden=8, style_length=6, encoder_width=4)


@pytest.fixture(scope="module")
def golden():
    return vectors("sean_small")


@pytest.fixture(scope="module")
def network(golden):
    network = SEANGenerator(sean_config(ngf=8))
    state = weights.fill(golden.facts["parameters"], golden.facts["salt"])
    for name, value in state.items():
        if name.endswith(golden.facts["zero_where_name_ends_with"]):
            value[:] = 0
    network.load_state_dict({name: torch.from_numpy(value) for name, value in state.items()})
    return network.double().eval()


@pytest.fixture(scope="module")
def labels(golden):
    return torch.from_numpy(golden.arrays["in_label"])[:, 0].long()


@pytest.fixture(scope="module")
def codes(golden, network, labels):
    with torch.no_grad():
        return network.encode(golden.image, labels)[0]


def regions(size=(64, 64), batch=2, classes=4, length=6, seed=0, generators=None):
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.randint(0, classes, (batch, size[0] // 16, size[1] // 16), generator=generator)
    labels = coarse.repeat_interleave(16, 1).repeat_interleave(16, 2)
    codes = torch.randn(batch, classes, length, generator=generator)
    return StyledRegions.of(labels, codes, generators)


def test_the_encoder_reproduces_the_golden_style_codes(golden, codes):
    assert golden.deviation("style_codes", codes) < 1e-6


@pytest.mark.slow
def test_the_generator_reproduces_the_golden_image(golden, network, labels, codes):
    with torch.no_grad():
        image = network(StyledRegions.of(labels, codes))
    assert golden.deviation("image", image) < 1e-6
    mean = torch.from_numpy(golden.arrays["out_image__mean"])
    assert (image.mean((2, 3)) - mean).abs().max() < 1e-6


@pytest.mark.parametrize(("part", "make"), [("G", SEANGenerator), ("D", sean_discriminator)])
def test_full_size_parameters_have_the_published_names_and_shapes(part, make):
    assert shapes(skeleton(make, sean_config())) == published("sean", part)


def test_region_means_average_each_class_and_leave_absent_ones_zero():
    features = torch.arange(8.0).reshape(1, 2, 2, 2)
    found, shown = region_means(features, torch.tensor([[[0, 0], [2, -1]]]), 3)
    assert shown.tolist() == [[True, False, True]]
    assert found.tolist() == [[[0.5, 4.5], [0, 0], [2, 6]]]


def test_blending_moves_from_half_style_to_all_labels():
    norm = RegionAdaptiveNorm(3, 4, 6, 8).eval()
    x, where = torch.randn(2, 3, 64, 64), regions()
    with torch.no_grad():
        half = norm(x, where)
        norm.blending_gamma.fill_(-40)
        norm.blending_beta.fill_(-40)
        labels_only = norm(x, where)
        plain = norm.Spade(x, where.map)
        norm.blending_gamma.fill_(40)
        norm.blending_beta.fill_(40)
        style_only = norm(x, where)
    torch.testing.assert_close(labels_only, plain, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(half, (labels_only + style_only) / 2, atol=1e-5, rtol=1e-5)


def test_noise_is_one_map_an_image_scaled_per_channel_before_the_norm():
    norm = RegionAdaptiveNorm(3, 4, 6, 8, styled=False).eval()
    for layer in (norm.Spade.mlp_gamma, norm.Spade.mlp_beta):
        torch.nn.init.zeros_(layer.weight)
        torch.nn.init.zeros_(layer.bias)
    norm.noise_var.data = torch.tensor([0.0, 1.0, 2.0])
    where = regions(batch=1, generators=[torch.Generator().manual_seed(3)])
    with torch.no_grad():
        found = norm(torch.zeros(1, 3, 64, 64), where)[0]
    expected = torch.randn(64, 64, generator=torch.Generator().manual_seed(3))
    torch.testing.assert_close(found[1], expected / (1 + 1e-5) ** 0.5)
    torch.testing.assert_close(found[2], 2 * found[1])
    assert found[0].abs().max() == 0


def test_an_image_of_a_batch_is_the_image_alone_with_its_own_noise():
    network = SEANGenerator(TINY).eval()
    for name, value in network.named_parameters():
        if name.endswith("noise_var"):
            value.data.fill_(0.3)
    both = regions(generators=[torch.Generator().manual_seed(i) for i in (7, 8)])
    alone = StyledRegions.of(both.labels[1:], both.codes[1:], [torch.Generator().manual_seed(8)])
    with torch.no_grad():
        torch.testing.assert_close(network(both)[1:], network(alone), atol=1e-5, rtol=1e-4)


def test_tables_and_dense_convolutions_give_the_same_image():
    network = SEANGenerator(TINY).double().eval()
    where = regions()
    where = StyledRegions.of(where.labels, where.codes.double())
    with torch.no_grad():
        fast = network(where)
    torch.testing.assert_close(network(where).detach(), fast, rtol=0, atol=1e-9)


def test_void_and_absent_classes_have_no_style():
    labels = torch.tensor([[[0, -1], [0, 2]], [[2, 2], [2, 2]]])
    norm = RegionAdaptiveNorm(3, 4, 6, 8)
    with torch.no_grad():
        vectors = norm.style_vectors(StyledRegions.of(labels, torch.randn(2, 4, 6)))
    used = vectors.reshape(2, 5, 6).abs().sum(2) > 0
    assert not used[:, [1, 3, 4]].any()
    assert used[0, 0]


def test_training_reaches_the_style_layers():
    network = SEANGenerator(TINY).train()
    labels = regions().labels
    codes, _ = network.encode(torch.rand(2, 3, 64, 64), labels)
    network(StyledRegions.of(labels, codes)).square().sum().backward()
    assert network.Zencoder.model[1].weight.grad.abs().sum() > 0
    assert network.head_0.ace_0.fc_mu0.weight.grad.abs().sum() > 0
