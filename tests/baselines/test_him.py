"""HIM is the published pair of networks, in both forms."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from baselines.him import (
    HIM,
    ImageGenerator,
    LayoutGenerator,
    him_config,
    him_labels,
    image_discriminator,
    layout_condition,
    layout_discriminator,
    resolve_layout,
    soften,
)
from baselines.layers.label_map import SymbolMap
from masks.windows import Extent
from tests.golden.names import published, shapes, skeleton
from tests.golden.vectors import vectors

SMALL = {"classes": 7, "ngf": 8, "ndf": 8, "layout_width": 16, "layout_blocks": 3}
FORMS = {"city": {}, "ade": {"layout_norm": "instance", "dilated": True}}
TINY = {"classes": 3, "size": 32, "ngf": 2, "ndf": 2, "blocks": 1, "downsamplings": 2}
TINY |= {"layout_width": 4, "layout_widths": (4, 4, 6), "layout_blocks": 3}


@pytest.fixture(scope="module")
def golden():
    return vectors("him_small")


@pytest.fixture(scope="module")
def planes(golden):
    """Labels, box and soft box, [B,H,W], and the boxes' classes."""
    found = [
        torch.from_numpy(golden.arrays[f"in_{n}"])[:, 0] for n in ("label", "mask", "soft_mask")
    ]
    return found[0].long(), found[1] > 0, found[2] > 0, torch.from_numpy(golden.arrays["in_class"])


@pytest.fixture(scope="module")
def images(golden, planes):
    """Labels, mask, raw images, and the first one gated."""
    network = filled(golden, ImageGenerator(him_config("labels", **SMALL)), "image")
    labels = SymbolMap.of_labels(planes[0], 7, torch.float64)
    mask = planes[1].unsqueeze(1).double()
    masked = golden.image * (1 - mask)
    first = SymbolMap(labels.symbols[:1], labels.columns)
    with torch.no_grad():
        raw = network(masked, labels, mask)
        return labels, mask, raw, network.gated(masked[:1], first, mask[:1])


def filled(golden, network, part):
    golden.fill(network, f"{part}_parameters", f"{part}.")
    return network.double().eval()


def deviation(golden, name, value):
    """The largest difference from a stored map, which is subsampled by 4 or 8."""
    stored, found = golden.arrays[f"out_{name}"], value.numpy()
    by = found.shape[-1] // stored.shape[-1]
    start = {4: (1, 2), 8: (3, 5)}[by]
    return np.abs(found[..., start[0] :: by, start[1] :: by] - stored).max()


def test_the_image_generator_reproduces_the_golden_images(golden, images):
    *_, raw, gated = images
    for one, name, value in (
        (golden, "image_raw", raw),
        (golden.only(0), "image_composite", gated),
    ):
        assert one.deviation(name, value) < 1e-6
        mean = torch.from_numpy(one.arrays[f"out_{name}__mean"])
        assert (value.mean((2, 3)) - mean).abs().max() < 1e-6


def test_the_image_discriminator_reproduces_the_golden_scores(golden, images):
    network = filled(golden, image_discriminator(him_config("labels", **SMALL)), "discriminator")
    labels, mask, raw, _ = images
    composite = torch.where(mask > 0, raw, golden.image)
    with torch.no_grad():
        found = network(torch.cat([labels.dense(), composite], dim=1) * mask)
    for scale, layers in enumerate(found):
        assert golden.deviation(f"D{scale}_score", layers[-1]) < 1e-5


@pytest.fixture(scope="module", params=FORMS)
def layout(golden, request):
    """A published form with its golden weights: name, and state."""
    network = LayoutGenerator(him_config("labels", **SMALL, **FORMS[request.param]))
    return request.param, filled(golden, network, f"layout_{request.param}").state_dict()


@pytest.mark.parametrize("corners", [True, False])
def test_the_layout_generator_reproduces_the_golden_logits(golden, planes, layout, corners):
    form, state = layout
    network = skeleton(
        LayoutGenerator, him_config("labels", **SMALL, **FORMS[form], align_corners=corners)
    )
    network.load_state_dict(state, assign=True)
    network.eval()
    # Today's up-sampling is looked at on one image: the two forms differ in nothing else.
    one = golden if corners else golden.only(0)
    labels, box, soft, classes = (plane[: len(one.arrays["in_label"])] for plane in planes)
    with torch.no_grad():
        shown = layout_condition(labels, box, classes, 7)
        context, objects = network(SymbolMap(shown.symbols, shown.columns.double()))
    end = "" if corners else "_corners_off"
    kept = context if corners else context[:, ::3]
    for name, value in (("object", objects), ("context", kept)):
        assert deviation(one, f"layout_{form}_{name}_logit{end}", value) < 1e-6
        mean = torch.from_numpy(one.arrays[f"out_layout_{form}_{name}_logit{end}__mean"])
        assert (value.mean((2, 3)) - mean).abs().max() < 1e-6
    if corners:
        found = resolve_layout(context, objects, soft, labels, classes)
        stored = golden.arrays[f"out_layout_{form}_label"][:, 0]
        assert np.array_equal(found.numpy()[:, ::2, ::2], stored)


@pytest.mark.parametrize(
    ("part", "make", "variant"),
    [
        ("mask2image_city_G", ImageGenerator, "cityscapes"),
        ("mask2image_city_D", image_discriminator, "cityscapes"),
        ("box2mask_city_G", LayoutGenerator, "cityscapes"),
        ("box2mask_city_D", layout_discriminator, "cityscapes"),
        ("mask2image_ade_G", ImageGenerator, "ade20k"),
        ("mask2image_ade_D", image_discriminator, "ade20k"),
        ("box2mask_ade_G", LayoutGenerator, "ade20k"),
        ("box2mask_ade_D", layout_discriminator, "ade20k"),
    ],
)
def test_full_size_parameters_have_the_published_names_and_shapes(part, make, variant):
    assert shapes(skeleton(make, him_config(variant))) == published("him", part)


@pytest.mark.parametrize("size", [40, 16])
def test_a_window_that_cannot_be_halved_is_refused(size):
    with pytest.raises(ValidationError, match="size must be a multiple of 16, and at least 32"):
        him_config("labels", **{**TINY, "size": size})


def test_an_images_known_cells_do_not_read_its_labels():
    network = ImageGenerator(him_config("labels", **TINY)).eval()
    masked, mask = torch.rand(1, 3, 32, 32), torch.zeros(1, 1, 32, 32)
    with torch.no_grad():
        found = [
            network(masked, him_labels(network.config, torch.full((1, 32, 32), k)), mask)
            for k in (0, 1)
        ]
    assert torch.equal(*found)


def test_a_soft_box_is_enlarged_about_its_centre_and_cut_at_the_window():
    assert soften(Extent(10, 20, 30, 40), (64, 64), 1.5) == Extent(5, 15, 35, 45)
    assert soften(Extent(0, 20, 30, 64), (64, 64), 1.35) == Extent(0, 12, 35, 64)


def test_probabilities_are_enlarged_before_they_are_cut_at_a_half():
    objects = torch.full((1, 1, 2, 2), -20.0)
    objects[..., 1] = 20.0
    soft, labels = torch.ones(1, 2, 2, dtype=torch.bool), torch.zeros(1, 5, 5, dtype=torch.long)
    found = resolve_layout(
        torch.zeros(1, 4, 2, 2), objects, soft, labels, torch.tensor([2]), size=(5, 5)
    )
    # With aligned corners the columns are 0, 1/4, 1/2, 3/4, 1.
    assert found[0, 0].tolist() == [0, 0, 0, 2, 2]


def test_a_background_box_takes_the_likeliest_labels_inside_the_soft_box_alone():
    context = torch.zeros(1, 3, 4, 4)
    context[:, 1] = 5.0
    soft = torch.zeros(1, 4, 4, dtype=torch.bool)
    soft[:, 1:3, 1:3] = True
    labels = torch.zeros(1, 4, 4, dtype=torch.long)
    labels[:, 0, 0] = -1
    found = resolve_layout(context, torch.zeros(1, 1, 4, 4), soft, labels, torch.tensor([2]))
    assert found[0].tolist() == [[-1, 0, 0, 0], [0, 1, 1, 0], [0, 1, 1, 0], [0, 0, 0, 0]]


def test_training_reaches_every_parameter():
    network = HIM(him_config("labels", **TINY)).train()
    labels = torch.zeros(2, 32, 32, dtype=torch.long)
    mask = torch.zeros(2, 1, 32, 32)
    mask[:, :, 8:20, 8:20] = 1
    condition = layout_condition(labels, mask[:, 0] > 0, torch.tensor([1, 2]), 3)
    context, objects = network.layout(condition)
    image = network(torch.rand(2, 3, 32, 32), him_labels(network.config, labels), mask)
    (context.square().sum() + objects.square().sum() + image.square().sum()).backward()
    assert all(parameter.grad is not None for parameter in network.parameters())
