"""SEAN is the published network."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from baselines.layers.label_map import label_maps_as
from baselines.layers.region_adaptive import RegionAdaptiveNorm, StyledRegions
from baselines.sean import (
    ENCODERS,
    VARIANTS,
    SEANConfig,
    SEANEncoder,
    SEANGenerator,
    region_means,
    sean_config,
    sean_discriminator,
)
from tests.golden import weights
from tests.golden.names import published, shapes, skeleton
from tests.golden.vectors import vectors
from tests.speed.operator_calls import OperatorCalls

TINY = SEANConfig(classes=4, ngf=4, ndf=4, hidden=8, style_length=6, encoder_width=4)


ABLATIONS = [name for name in VARIANTS if name not in ("celebamask-hq", "labels")]


def tiny(variant):
    """An ablation at TINY's widths, with noise that can be seen."""
    fields = TINY.model_dump(include={"classes", "ngf", "ndf", "hidden", "encoder_width"})
    torch.manual_seed(0)
    network = SEANGenerator(sean_config(variant, style_length=3, **fields))
    for name, value in network.named_parameters():
        if name.endswith("noise_var"):
            value.data.fill_(0.3)
    return network


def styled_layers(network):
    """The layers that carry style, in the order in which features meet them."""
    norms = [layer for layer in network.modules() if isinstance(layer, RegionAdaptiveNorm)]
    return [layer for layer in norms if layer.styled]


@pytest.fixture(scope="module")
def golden():
    return vectors("sean_small")


def golden_network(golden):
    """The network of the golden vectors, with the weights of their recipe."""
    network = SEANGenerator(sean_config(ngf=8))
    state = weights.fill(golden.facts["parameters"], golden.facts["salt"])
    for name, value in state.items():
        if name.endswith(golden.facts["zero_where_name_ends_with"]):
            value[:] = 0
    network.load_state_dict({name: torch.from_numpy(value) for name, value in state.items()})
    return network.double().eval()


@pytest.fixture(scope="module")
def network(golden):
    return golden_network(golden)


@pytest.fixture(scope="module")
def labels(golden):
    return torch.from_numpy(golden.arrays["in_label"])[:, 0].long()


@pytest.fixture(scope="module")
def codes(golden, network, labels):
    with torch.no_grad():
        return network.encode(golden.image, labels)[0]


def regions(size=(64, 64), batch=2, classes=4, length=6, seed=0):
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.randint(0, classes, (batch, size[0] // 16, size[1] // 16), generator=generator)
    labels = coarse.repeat_interleave(16, 1).repeat_interleave(16, 2)
    codes = torch.randn(batch, classes, length, generator=generator)
    return StyledRegions.of(labels, codes)


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
    expected = torch.randn(64, 64)
    where = replace(regions(batch=1), noises=iter([expected.view(1, 1, 64, 64)]))
    with torch.no_grad():
        found = norm(torch.zeros(1, 3, 64, 64), where)[0]
    torch.testing.assert_close(found[1], expected / (1 + 1e-5) ** 0.5)
    torch.testing.assert_close(found[2], 2 * found[1])
    assert found[0].abs().max() == 0


def test_an_image_of_a_batch_is_the_image_alone_with_its_own_noise():
    network = SEANGenerator(TINY).eval()
    for name, value in network.named_parameters():
        if name.endswith("noise_var"):
            value.data.fill_(0.3)
    both = regions()
    alone = StyledRegions.of(both.labels[1:], both.codes[1:])
    pair, own = (
        network.draw_noise((64, 64), [torch.Generator().manual_seed(i) for i in keys])
        for keys in ((7, 8), (8,))
    )
    assert torch.equal(pair[1:], own)
    with torch.no_grad():
        torch.testing.assert_close(
            network(both, pair)[1:], network(alone, own), atol=1e-5, rtol=1e-4
        )


def test_every_layer_has_noise_of_its_own_size_from_each_images_generator_in_turn():
    network = SEANGenerator(TINY)
    (drawn,) = network.draw_noise((64, 96), [torch.Generator().manual_seed(3)])
    generator = torch.Generator().manual_seed(3)
    for step, layers in ((32, 2), (16, 4), (8, 3), (4, 3), (2, 3), (1, 3)):
        for _ in range(layers):
            expected = torch.randn(1, 64 // step, 96 // step, generator=generator)
            assert torch.equal(drawn[: expected.numel()], expected.flatten())
            drawn = drawn[expected.numel() :]
    assert len(drawn) == 0


@pytest.mark.parametrize("variant", ["labels", "SEAN-level encoders", "SPADE++"])
def test_tables_and_dense_convolutions_give_the_same_image(variant):
    network = tiny(variant).double().eval()
    for name, value in network.named_parameters():
        if name.endswith("noise_var"):
            value.data.zero_()
    where = regions(length=network.config.code_length)
    where = StyledRegions.of(where.labels, where.codes.double())
    with torch.no_grad():
        fast = network(where)
    torch.testing.assert_close(network(where).detach(), fast, rtol=0, atol=1e-9)


@pytest.mark.parametrize("variant", ["labels", "SEAN-level encoders", "SPADE++"])
def test_look_ups_and_dense_convolutions_give_the_same_image(variant):
    network = tiny(variant).double().eval()
    for name, value in network.named_parameters():
        if name.endswith("noise_var"):
            value.data.zero_()
    where = regions(length=network.config.code_length)
    with torch.no_grad(), label_maps_as("lookups"):
        fixed = network(StyledRegions.of(where.labels, where.codes.double()))
    where = StyledRegions.of(where.labels, where.codes.double())
    torch.testing.assert_close(network(where).detach(), fixed, rtol=0, atol=1e-9)


def test_void_and_absent_classes_have_no_style():
    labels = torch.tensor([[[0, -1], [0, 2]], [[2, 2], [2, 2]]])
    norm = RegionAdaptiveNorm(3, 4, 6, 8)
    with torch.no_grad():
        where = StyledRegions.of(labels, torch.randn(2, 4, 6))
        vectors = norm.style_vectors(where)
        with label_maps_as("lookups"):
            every = norm.style_vectors(where).view(2, 5, 6)
    torch.testing.assert_close(
        every[[0, 0, 1], [0, 2, 2]], vectors.view(2, 5, 6)[[0, 0, 1], [0, 2, 2]]
    )
    assert not every[:, 4].any()
    used = vectors.reshape(2, 5, 6).abs().sum(2) > 0
    assert not used[:, [1, 3, 4]].any()
    assert used[0, 0]


def test_style_layers_that_are_carried_out_as_one_get_their_own_gradients_without_a_copy():
    norm = RegionAdaptiveNorm(3, 4, 6, 8)
    where = StyledRegions.of(regions().labels, torch.randn(2, 4, 6))
    norm.style_vectors(where).square().sum().backward()
    alone = [one.grad.clone() for one in norm.fc_mu1.parameters()]
    norm.zero_grad()
    with label_maps_as("lookups"):
        loss = norm.style_vectors(where).square().sum()
    with OperatorCalls() as calls:
        loss.backward()
    for one, other in zip(norm.fc_mu1.parameters(), alone, strict=True):
        torch.testing.assert_close(one.grad, other)
    assert calls.operators["copy_"] == 0


def test_training_reaches_the_style_layers():
    network = SEANGenerator(TINY).train()
    labels = regions().labels
    codes, _ = network.encode(torch.rand(2, 3, 64, 64), labels)
    network(StyledRegions.of(labels, codes)).square().sum().backward()
    assert network.Zencoder.model[1].weight.grad.abs().sum() > 0
    assert network.head_0.ace_0.fc_mu0.weight.grad.abs().sum() > 0


@pytest.mark.parametrize("variant", ABLATIONS)
def test_an_ablation_makes_images_and_training_reaches_all_of_it(variant):
    network = tiny(variant).train()
    where = regions()
    codes, shown = network.encode(torch.rand(2, 3, 64, 64), where.labels)
    assert codes.shape == (2, 4, network.config.code_length)
    image = network(StyledRegions.of(where.labels, codes))
    assert image.shape == (2, 3, 64, 64)
    image.square().sum().backward()
    encoders = {
        n for n, p in network.named_parameters() if n.startswith("Zencoder") and p.dim() > 1
    }
    reached = {n for n, p in network.named_parameters() if p.grad is not None and p.grad.any()}
    assert shown.all()
    assert encoders <= reached


@pytest.mark.parametrize(
    ("variant", "encoders"), [("SEAN-level encoders", 15), ("ResBlk-level encoders", 6)]
)
def test_encoders_are_a_layers_or_a_blocks_own(variant, encoders):
    network = tiny(variant)
    assert len(network.Zencoder) == ENCODERS[network.config.encoders] == encoders
    starts = [layer.code.start for layer in styled_layers(network)]
    assert len(starts) == 15
    assert sorted(set(starts)) == [3 * k for k in range(encoders)]
    assert starts == sorted(starts)
    first = {network.head_0.ace_0.code.start, network.head_0.ace_1.code.start}
    assert len(first) == (2 if encoders == 15 else 1)


def test_a_layer_reads_the_code_of_its_own_encoder_alone():
    norm = RegionAdaptiveNorm(3, 4, 6, 8, noise=False, encoder=1)
    first = RegionAdaptiveNorm(3, 4, 6, 8, noise=False)
    first.load_state_dict(norm.state_dict())
    both = regions(length=12)
    second = StyledRegions.of(both.labels, both.codes[..., 6:])
    with torch.no_grad():
        assert torch.equal(norm.style_vectors(both), first.style_vectors(second))


def test_without_downsampling_features_have_the_images_size_and_parameters_are_the_same():
    whole, half = SEANEncoder(4, 6, downsampling=False), SEANEncoder(4, 6)
    assert shapes(whole) == shapes(half)
    image = torch.rand(1, 3, 32, 48)
    assert whole(image).shape == (1, 6, 32, 48)
    assert half(image).shape == (1, 6, 16, 24)


def test_without_noises_an_image_is_the_same_whatever_is_drawn():
    noiseless, noisy = (tiny(name).eval() for name in ("w/o noises", "labels"))
    assert noiseless.draw_noise((64, 64), [torch.Generator()] * 2).shape == (2, 0)
    with torch.no_grad():
        assert torch.equal(noiseless(regions(length=3)), noiseless(regions(length=3)))
        assert not torch.equal(noisy(regions(length=3)), noisy(regions(length=3)))


def test_spade_plus_plus_reads_labels_and_the_codes_of_their_regions():
    where = regions(length=3)
    map = where.spread().dense()
    expected = torch.nn.functional.one_hot(where.labels, 4).permute(0, 3, 1, 2).float()
    assert torch.equal(map[:, :4], expected)
    for image in range(2):
        for label in range(4):
            here = where.labels[image] == label
            assert (map[image, 4:, here] == where.codes[image, label, :, None]).all()
    void = StyledRegions.of(torch.full((1, 32, 32), -1), where.codes[:1])
    assert not void.spread().dense().any()
    full = skeleton(SEANGenerator, sean_config("SPADE++", classes=19))
    assert full.head_0.norm_0.mlp_shared[0].in_channels == 19 + 3
    assert shapes(full.Zencoder) == published("pix2pixhd", "E_feat")
