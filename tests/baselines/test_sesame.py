"""SESAME is the published network."""

from __future__ import annotations

import pytest
import torch

from baselines.layers.label_map import SymbolMap, encode
from baselines.layers.progressive import composite
from baselines.sesame import SESAMEConfig, SESAMEGenerator, merge, sesame_discriminator
from tests.golden.names import published, shapes, skeleton
from tests.golden.vectors import vectors


def masked_labels(labels, mask, classes):
    """One-hot labels inside the mask, then the mask."""
    symbols, found = encode([torch.where(mask, labels, classes), mask.long()])
    columns = torch.zeros(len(found), classes + 2, dtype=torch.float64)
    columns[torch.arange(len(found)), found[:, 0]] = 1
    columns = columns[:, [*range(classes), classes + 1]]
    columns[:, -1] = found[:, 1].double()
    return SymbolMap(symbols, columns)


@pytest.fixture(scope="module")
def golden():
    return vectors("sesame_small")


@pytest.fixture(scope="module")
def inputs(golden):
    labels = torch.from_numpy(golden.arrays["in_label"])[:, 0].long()
    mask = torch.from_numpy(golden.arrays["in_mask"])[:, 0].bool()
    return masked_labels(labels, mask, 7), mask[:, None]


@pytest.fixture(scope="module")
def raw(golden, inputs):
    network = SESAMEGenerator(SESAMEConfig(classes=7, ngf=8))
    golden.fill(network)
    labels, mask = inputs
    with torch.no_grad():
        return network.double().eval()(golden.image * ~mask, labels)


def test_the_generator_reproduces_the_golden_raw_output(golden, raw):
    assert golden.deviation("raw", raw) < 1e-6
    mean = torch.from_numpy(golden.arrays["out_raw__mean"])
    assert (raw.mean((2, 3)) - mean).abs().max() < 1e-6


def test_the_composite_keeps_the_known_pixels(golden, inputs, raw):
    result = composite(inputs[1], raw, golden.image)
    assert golden.deviation("composite", result) < 1e-6


def test_both_discriminators_reproduce_scores_and_features(golden, inputs, raw):
    labels, mask = inputs
    network = sesame_discriminator(SESAMEConfig(classes=7, ndf=8))
    golden.fill(network, "discriminator_parameters", "D.")
    result = composite(mask, raw, golden.image)
    with torch.no_grad():
        found = network.double().eval()(torch.cat([labels.dense(), result], dim=1))
    for scale, features in enumerate(found):
        assert golden.deviation(f"D{scale}_score", features[-1]) < 1e-5
        for n, feature in enumerate(features[:-1]):
            expected = torch.from_numpy(golden.arrays[f"out_D{scale}_feature{n}_mean"])
            assert (feature.mean((2, 3)) - expected).abs().max() < 1e-6


@pytest.mark.parametrize(
    ("part", "make", "config"),
    [
        ("G_ade20k", SESAMEGenerator, SESAMEConfig(classes=49)),
        ("D_ade20k", sesame_discriminator, SESAMEConfig(classes=49)),
        ("G_cityscapes", SESAMEGenerator, SESAMEConfig(classes=35)),
        ("D_cityscapes", sesame_discriminator, SESAMEConfig(classes=35)),
        (
            "G_cityscapes_with_skip",
            SESAMEGenerator,
            SESAMEConfig(classes=35, skip_connections=True),
        ),
    ],
)
def test_full_size_parameters_have_the_published_names_and_shapes(part, make, config):
    assert shapes(skeleton(make, config)) == published("sesame", part)


def test_merging_scales_the_image_by_the_sum_over_semantic_channels():
    image = torch.tensor([2.0, 3.0]).reshape(1, 2, 1, 1)
    semantics = torch.tensor([0.5, -0.25, 1.0]).reshape(1, 3, 1, 1)
    assert merge(image, semantics).flatten().tolist() == [2 * 2.25, 3 * 2.25]


@pytest.mark.parametrize("skips", [False, True])
def test_any_size_divisible_by_four_works_and_tables_equal_dense_convolutions(skips):
    config = SESAMEConfig(classes=3, ngf=4, hidden=8, skip_connections=skips)
    network = SESAMEGenerator(config).double().eval()
    mask = torch.zeros(1, 36, 52, dtype=torch.bool)
    mask[:, 4:20, 8:30] = True
    labels = masked_labels(torch.ones(1, 36, 52, dtype=torch.long), mask, 3)
    masked = torch.rand(1, 3, 36, 52, dtype=torch.float64)
    with torch.no_grad():
        fast = network(masked, labels)
    assert fast.shape == (1, 3, 36, 52)
    torch.testing.assert_close(network(masked, labels).detach(), fast, rtol=0, atol=1e-9)


def test_the_ablations_patch_discriminator_reads_semantics_and_image_together():
    form = SESAMEConfig(classes=5, ndf=4, discriminator="patch")
    judge = sesame_discriminator(form)
    scales = judge(torch.randn(2, form.label_channels + 3, 64, 64))
    assert [tuple(scale[-1].shape) for scale in scales] == [(2, 1, 11, 11), (2, 1, 7, 7)]
    first = [p for name, p in judge.named_parameters() if name.endswith("model0.0.weight")]
    assert [p.shape[1] for p in first] == [9, 9]
