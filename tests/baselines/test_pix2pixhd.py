"""Pix2PixHD is the published network."""

from __future__ import annotations

import pytest
import torch

from baselines.layers.label_map import SymbolMap, dense_label_maps
from baselines.pix2pixhd import (
    FeatureEncoder,
    GlobalGenerator,
    LocalEnhancer,
    Pix2PixHD,
    pix2pixhd_config,
    pix2pixhd_discriminator,
    pix2pixhd_labels,
)
from tests.golden.names import published, shapes, skeleton
from tests.golden.sine import neighbour_edges
from tests.golden.vectors import vectors

SMALL = {"classes": 7, "ngf": 8, "ndf": 8, "nef": 4}
TINY = {"classes": 3, "ngf": 2, "nef": 2, "ndf": 2, "downsamplings": 2, "blocks": 1}


@pytest.fixture(scope="module")
def golden():
    return vectors("pix2pixhd_small")


@pytest.fixture(scope="module")
def labels(golden):
    maps = [torch.from_numpy(golden.arrays[f"in_{name}"])[:, 0] for name in ("label", "instance")]
    shown = pix2pixhd_labels(
        pix2pixhd_config("label", **SMALL), maps[0].long(), neighbour_edges(maps[1])
    )
    return SymbolMap(shown.symbols, shown.columns.double())


@pytest.fixture(scope="module")
def features(golden):
    """What the encoder makes of the golden image: raw, and pooled by instances and by labels."""
    encoder = filled(golden, FeatureEncoder(pix2pixhd_config("features", **SMALL)), "encoder")
    maps = [torch.from_numpy(golden.arrays[f"in_{name}"])[:, 0] for name in ("instance", "label")]
    with torch.no_grad():
        return encoder.raw(golden.image), *(encoder(golden.image, m.long()) for m in maps)


@pytest.fixture(scope="module")
def image(golden, labels):
    network = filled(golden, GlobalGenerator(pix2pixhd_config("label", **SMALL)), "global")
    with torch.no_grad():
        return network(labels)


def filled(golden, network, part):
    golden.fill(network, f"{part}_parameters", f"{part}.")
    return network.double().eval()


def check(golden, name, value):
    """A map against the stored one, and the whole of it by its means."""
    assert golden.deviation(name, value) < 1e-6
    mean = torch.from_numpy(golden.arrays[f"out_{name}__mean"])
    assert (value.mean((2, 3)) - mean).abs().max() < 1e-6


def test_the_global_generator_reproduces_the_golden_image(golden, image):
    check(golden, "global", image)


def test_the_encoder_reproduces_raw_and_pooled_features(golden, features):
    for name, value in zip(("raw", "instance", "label"), features, strict=True):
        check(golden, f"encoder_{name}", value)


@pytest.mark.parametrize("tables", [True, False])
def test_the_local_enhancer_reproduces_the_golden_image(golden, labels, features, tables):
    config = pix2pixhd_config("features local", **{**SMALL, "ngf": 4})
    network = filled(golden, LocalEnhancer(config), "local")
    one = golden if tables else golden.only(0)
    count = len(one.arrays["in_label"])
    shown = SymbolMap(labels.symbols[:count], labels.columns)
    with torch.set_grad_enabled(not tables):
        found = network(shown, features[1][:count]).detach()
    check(one, "local_features", found)


def test_the_discriminator_reproduces_scores_and_features(golden, labels, image):
    network = filled(
        golden, pix2pixhd_discriminator(pix2pixhd_config("label", **SMALL)), "discriminator"
    )
    with torch.no_grad():
        found = network(torch.cat([labels.dense(), image], dim=1))
    for scale, layers in enumerate(found):
        assert golden.deviation(f"D{scale}_score", layers[-1]) < 1e-5
        for n, layer in enumerate(layers[:-1]):
            mean = torch.from_numpy(golden.arrays[f"out_D{scale}_feature{n}_mean"])
            assert (layer.mean((2, 3)) - mean).abs().max() < 1e-6


@pytest.mark.parametrize(
    ("part", "make", "variant"),
    [
        ("G_label2city_512p", GlobalGenerator, "cityscapes"),
        ("G_label2city_512p_feat", GlobalGenerator, "cityscapes features"),
        ("G_label2city_1024p", LocalEnhancer, "cityscapes 1024p"),
        ("G_label2city_1024p_feat", LocalEnhancer, "cityscapes 1024p features"),
        ("E_feat", FeatureEncoder, "cityscapes features"),
        ("D_512p", pix2pixhd_discriminator, "cityscapes"),
        ("D_1024p", pix2pixhd_discriminator, "cityscapes 1024p"),
    ],
)
def test_full_size_parameters_have_the_published_names_and_shapes(part, make, variant):
    assert shapes(skeleton(make, pix2pixhd_config(variant))) == published("pix2pixhd", part)


def test_two_enhancers_work_at_two_sizes_and_the_last_one_alone_makes_an_image():
    config = pix2pixhd_config("label local", **TINY, enhancers=2)
    network = Pix2PixHD(config).double().eval()
    assert config.divisor == 16
    assert network.G.model1_1[1].out_channels == 2 * network.G.model2_1[1].out_channels == 4
    assert [len(network.G.model1_2), len(network.G.model2_2)] == [3 + 3, 3 + 6]
    labels = pix2pixhd_labels(
        config, torch.arange(3).repeat(1, 32, 11)[:, :, :32], torch.zeros(1, 32, 32).bool()
    )
    with torch.no_grad():
        image = network(labels)
        with dense_label_maps():
            torch.testing.assert_close(network(labels), image, atol=1e-9, rtol=0)
    assert image.shape == (1, 3, 32, 32)
    assert image.abs().max() <= 1


def test_discriminator_maps_have_the_published_sizes():
    with torch.no_grad():
        found = pix2pixhd_discriminator(pix2pixhd_config("label", **TINY))(
            torch.zeros(1, 7, 256, 256)
        )
    assert [layer.shape[-1] for layer in found[0]] == [129, 65, 33, 34, 35]
    assert [layer.shape[-1] for layer in found[1]] == [65, 33, 17, 18, 19]


def test_features_are_the_means_of_instances_of_one_image_each():
    encoder = FeatureEncoder(pix2pixhd_config("features", **TINY, encoder_downsamplings=1)).eval()
    instances = torch.tensor([[0, 0, 5, 5]]).repeat(4, 1).repeat(2, 1, 1)
    image = torch.randn(2, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        raw, pooled = encoder.raw(image), encoder(image, instances)
    torch.testing.assert_close(pooled[1, :, 2, 3], raw[1, :, :, 2:].mean((1, 2)))
    torch.testing.assert_close(pooled[0, :, 1, 0], raw[0, :, :, :2].mean((1, 2)))


def test_training_reaches_every_parameter():
    config = pix2pixhd_config("features local", **TINY)
    network = Pix2PixHD(config).train()
    labels = torch.zeros(2, 32, 32).long()
    labels[:, 5:] = 1
    features = network.E(torch.randn(2, 3, 32, 32), labels)
    network(pix2pixhd_labels(config, labels, labels > 2), features).square().sum().backward()
    assert all(parameter.grad is not None for parameter in network.parameters())
