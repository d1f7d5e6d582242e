import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from baselines.divsem import VARIANTS, DivSem, DivSemConfig, divsem_config
from baselines.layers.condition import Condition
from baselines.layers.label_map import label_maps_as
from baselines.layers.region_style import (
    StyleEncoder,
    average_regions,
    image_means,
    most_regions,
    number_regions,
)
from baselines.layers.spectral import fold_spectral
from tests.golden import weights
from tests.golden.sine import neighbour_edges, pattern, sine_state
from tests.golden.vectors import table, vectors

TINY = {
    "classes": 5,
    "size": 32,
    "ngf": 4,
    "hidden": 8,
    "style": 6,
    "style_widths": (4, 4, 4, 4, 4, 4),
    "style_decoder": (4, 4, 4, 4),
}


def shapes(module):
    return {name: list(value.shape) for name, value in module.state_dict().items()}


def scene(seed=0):
    torch.manual_seed(seed)
    image = torch.rand(2, 3, 32, 32) * 2 - 1
    labels = torch.arange(4).view(1, 2, 2).repeat_interleave(16, 1).repeat_interleave(16, 2)
    labels = labels.repeat(2, 1, 1)
    mask = torch.zeros(2, 32, 32, dtype=torch.bool)
    mask[0, :, 16:] = True
    mask[1, :16, :8] = True
    return image * ~mask[:, None], labels, mask


@pytest.mark.parametrize(("classes", "file"), [(34, "divsem_names_lab34"), (151, "divsem_names")])
def test_parameter_names_and_shapes_are_the_published_ones(classes, file):
    with torch.device("meta"):
        network = DivSem(DivSemConfig(classes=classes), spectral_norm=True)
    assert shapes(network) == table(file)


@pytest.mark.slow
def test_the_small_golden_vectors_come_out():
    golden = vectors("divsem_small").only(1)  # the image with hidden regions
    network = DivSem(DivSemConfig(classes=7, ngf=8, style=16), spectral_norm=True)
    golden.fill(network)
    network.double().eval()
    condition = golden.condition
    masked = golden.image * ~condition.mask[:, None]
    instances = torch.from_numpy(golden.arrays["in_instance"])[:, 0].long()
    with torch.no_grad():
        regions = network.zencoder.read(masked, condition.mask, instances)
        # The release's training switch with the masked image: its own pass sees all pixels.
        whole = network.zencoder.read(masked, torch.zeros_like(condition.mask), instances)
        trained = regions.replaced(regions.erased, whole.means[regions.erased])
        style = network.zencoder.normalise(trained)
        style_map = style.codes[style.regions].permute(0, 3, 1, 2)
        stages = network(masked, replace(condition, style=style))
        labels = regions.labels(condition.labels)[regions.erased].tolist()
        cached = torch.stack([code(label) for label in labels])
        style = network.zencoder.normalise(regions.replaced(regions.erased, cached))
        bank = network(masked, replace(condition, style=style))
    stored = golden.arrays["out_style_codes"]
    assert np.abs(style_map[:, :, ::8, ::8].numpy() - stored).max() < 1e-6
    for i, stage in enumerate(stages, start=1):
        assert golden.deviation(f"stage{i}", stage.raw) < 1e-6
    assert golden.deviation("composite", stages[-1].composite) < 1e-6
    assert golden.deviation("composite_cached", bank[-1].composite) < 1e-6


def code(label):
    return torch.tanh(torch.from_numpy(weights.tensor(f"cached.{label}", (16,))))


@pytest.mark.slow
def test_the_full_size_golden_samples_come_out_of_folded_weights():
    golden, recipe = table("golden_divsem_lab151"), pattern()
    config = DivSemConfig(classes=151, border="original")
    with torch.device("meta"):
        training = DivSem(config, spectral_norm=True)
        network = DivSem(config).double().eval()
    network.load_state_dict(fold_spectral(sine_state(training)), assign=True)
    labels = recipe["labels"]
    mask = recipe["mask"] | (labels == 33)
    instances = 121 * labels + 120
    condition = Condition(labels, neighbour_edges(instances), mask, 151)
    masked = recipe["image"] * ~mask[:, None]
    with torch.no_grad():
        regions = network.zencoder.read(masked, mask, instances)
        visible = dict(zip(regions.labels(labels).tolist(), regions.visible.tolist()))
        erased = regions.labels(labels)[regions.erased].double()
        cached = torch.tanh(torch.sin(0.37 * torch.arange(128).double() + erased[:, None]))
        style = network.zencoder.normalise(regions.replaced(regions.erased, cached))
        stages = network(masked, replace(condition, style=style), recipe["image"])
    assert visible == pytest.approx(
        {int(label): share for label, share in golden["visible_ratio_per_label"].items()}
    )
    by_label = dict(zip(regions.labels(labels).tolist(), style.codes[:, :8].tolist()))
    assert by_label[33] == pytest.approx(golden["style_map"]["label33_first8"], abs=1e-12)
    assert by_label[0] == pytest.approx(golden["style_map"]["label0_first8"], abs=1e-12)
    for i, tolerance in ((1, 1e-8), (2, 1e-5), (3, 1e-3)):
        for kind, value in (
            ("fake", stages[i - 1].raw),
            ("composite", stages[i - 1].composite),
        ):
            expected = golden[f"{kind}_G{i}"]
            for *index, sample in expected["samples"]:
                assert value[(0, *index)].item() == pytest.approx(sample, abs=tolerance)
            assert value.mean().item() == pytest.approx(expected["mean"], abs=1e-5)


def test_regions_of_different_images_are_different_regions():
    regions, items = number_regions(torch.tensor([[[7, 7], [9, 9]], [[9, 9], [9, 2]]]))
    assert len(items) == 4
    assert sorted(items.tolist()) == [0, 0, 1, 1]
    assert regions[0, 1, 0] != regions[1, 0, 0]


@pytest.mark.parametrize("learning", [True, False])
@pytest.mark.parametrize("far", [2, 100])
def test_a_region_mean_counts_every_pixel_of_the_region_once(far, learning):
    features = torch.arange(8.0).view(2, 1, 2, 2).requires_grad_()
    # A region that both images show, and a number between that nobody has.
    regions = torch.tensor([[[0, 0], [0, far]], [[far, far], [far, far + 1]]])
    with torch.set_grad_enabled(learning):
        means = average_regions(features, regions, far + 2)[0][:, 0]
    assert means[[0, 1, far, far + 1]].tolist() == [1.0, 0.0, 4.5, 7.0]
    if learning:
        means[far].backward()
        assert features.grad.flatten().tolist() == [0, 0, 0, 0.25, 0.25, 0.25, 0.25, 0]


def test_regions_may_be_numbered_up_to_a_fixed_count_of_each_image():
    instances = torch.tensor([[[7, 7], [9, -1]], [[9, 9], [9, 2]]])
    regions, items = number_regions(instances, most=4)
    assert regions.tolist() == [[[1, 1], [2, 0]], [[5, 5], [5, 4]]]
    assert items.tolist() == [0, 0, 0, 0, 1, 1, 1, 1]
    assert most_regions(instances) == 64
    assert most_regions(torch.arange(65).view(1, 5, 13)) == 128


def test_means_over_an_images_own_regions_are_zero_where_it_has_no_pixel():
    features = torch.arange(8.0).view(2, 1, 2, 2)
    means, pixels = image_means(features, torch.tensor([[[0, 0], [2, 2]], [[1, 1], [1, 0]]]), 3)
    assert means[:, :, 0].tolist() == [[0.5, 0, 2.5], [7, 5, 0]]
    assert pixels.tolist() == [[2, 0, 2], [1, 3, 0]]


@pytest.mark.parametrize("region_mean", ["all", "visible"])
def test_a_fixed_count_of_regions_gives_the_same_styles(region_mean):
    torch.manual_seed(1)
    encoder = StyleEncoder((4,) * 6, (4,) * 4, 6, region_mean=region_mean).double()
    image, labels, mask = scene()
    image = image.double()
    with torch.no_grad():
        found = encoder.read(image, mask, labels)
        with label_maps_as("lookups"):
            fixed = encoder.read(image, mask, labels)
    assert fixed.means.shape == (128, 6)
    torch.testing.assert_close(fixed.means[fixed.regions], found.means[found.regions])
    assert torch.equal(fixed.visible[fixed.regions], found.visible[found.regions])
    assert fixed.used.sum() == found.used.sum() == 8
    assert fixed.erased.sum() == found.erased.sum() == 2


def test_an_image_read_beside_another_has_the_styles_that_it_has_alone():
    torch.manual_seed(1)
    encoder = StyleEncoder((4,) * 6, (4,) * 4, 6).double()
    image, labels, mask = scene()
    image = image.double()
    with torch.no_grad(), label_maps_as("lookups"):
        seen, whole = (encoder.read(image, one, labels) for one in (mask, torch.zeros_like(mask)))
        masks = torch.cat([mask, torch.zeros_like(mask)])
        both = encoder.read(image.repeat(2, 1, 1, 1), masks, labels.repeat(2, 1, 1))
    first = both.first(len(image))
    assert torch.equal(first.regions, seen.regions)
    assert torch.equal(first.items, seen.items)
    torch.testing.assert_close(first.means, seen.means)
    torch.testing.assert_close(both.means[len(first.items) :], whole.means)
    completed = first.completed(whole.means)
    assert torch.equal(completed.means[seen.erased], whole.means[seen.erased])
    assert not completed.erased.any()


def test_the_valid_ratio_rescales_a_region_mean_in_closed_form():
    encoder = StyleEncoder((4,) * 6, (4,) * 4, 6)
    image, labels, mask = scene()
    with torch.no_grad():
        encoder.gamma.weight.fill_(2.0)
        encoder.gamma.bias.fill_(-1.0)
        encoder.beta.weight.fill_(0.5)
        encoder.beta.bias.fill_(0.25)
        regions = encoder.read(image, mask, labels)
        codes = encoder.normalise(regions).codes
    assert regions.visible.tolist() == [1, 0, 1, 0, 0.5, 1, 1, 1]
    half = 4  # the half-erased region of the second image
    expected = regions.means[half] * sigmoid(2 * 0.5 - 1) + sigmoid(0.5 * 0.5 + 0.25)
    assert torch.allclose(codes[half], expected, atol=1e-6)


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


def test_without_the_valid_ratio_the_mean_itself_is_the_code():
    encoder = StyleEncoder((4,) * 6, (4,) * 4, 6, valid_ratio=False)
    image, labels, mask = scene()
    regions = encoder.read(image, mask, labels)
    assert torch.equal(encoder.normalise(regions).codes, regions.means)
    assert not any("gamma" in name for name in encoder.state_dict())


def test_a_visible_mean_counts_visible_pixels_only():
    image, labels, mask = scene()
    encoders = {
        kind: StyleEncoder((4,) * 6, (4,) * 4, 6, region_mean=kind) for kind in ("all", "visible")
    }
    encoders["visible"].load_state_dict(encoders["all"].state_dict())
    means = {kind: encoder.read(image, mask, labels).means for kind, encoder in encoders.items()}
    assert torch.allclose(means["all"][0], means["visible"][0], atol=1e-6)
    assert not torch.allclose(means["all"][4], means["visible"][4], atol=1e-6)


def test_every_variant_runs_and_differs_as_it_says():
    for variant in VARIANTS:
        config = divsem_config(variant, **{**TINY, **VARIANTS[variant]})
        network = DivSem(config).eval()
        masked, labels, mask = scene()
        condition = Condition(labels, neighbour_edges(labels), mask, 5)
        with torch.no_grad():
            if config.styled:
                regions = network.zencoder.read(masked, mask, labels)
                condition = replace(condition, style=network.zencoder.normalise(regions))
            stages = network(masked, condition)
        assert stages[-1].raw.shape == (2, 3, 32, 32)
        assert hasattr(network, "zencoder") is (variant != "w/o style")
        assert len(stages) == (1 if variant == "single scale" else 3)


def test_another_style_vector_changes_the_image_and_gradients_reach_it():
    network = DivSem(DivSemConfig(**TINY)).eval()
    masked, labels, mask = scene()
    condition = Condition(labels, neighbour_edges(labels), mask, 5)
    regions = network.zencoder.read(masked, mask, labels)
    codes = torch.randn(int(regions.erased.sum()), 6, requires_grad=True)
    style = network.zencoder.normalise(regions.replaced(regions.erased, codes))
    raw = network(masked, replace(condition, style=style))[-1].raw
    raw[mask[:, None].expand_as(raw)].sum().backward()
    assert codes.grad is not None
    assert codes.grad.abs().max() > 0
