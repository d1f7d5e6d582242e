"""SIEDOB is the published network."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from baselines.siedob import (
    SIEDOB,
    BackgroundGenerator,
    Fusion,
    ObjectInpainting,
    ObjectStyle,
    StyleImages,
    siedob_config,
    siedob_discriminators,
)
from tests.golden.names import published, shapes, skeleton
from tests.golden.sine import neighbour_edges
from tests.golden.vectors import vectors

PARTS = ("background", "object_inpainting", "object_style", "fusion")


def golden_config(facts):
    return siedob_config(
        background=facts["background_width"],
        propagation=facts["propagation_dim"],
        hidden=facts["spade_hidden"],
        inpainting=facts["inpainting_width"],
        style=facts["style_width"],
        style_length=facts["style_length"],
        style_encoder=facts["style_encoder_width"],
        fusion=facts["fusion_width"],
        ndf=facts["ndf"],
        object_size=facts["object_size"],
    )


@pytest.fixture(scope="module")
def golden():
    return vectors("siedob_small")


@pytest.fixture(scope="module")
def network(golden):
    network = SIEDOB(golden_config(golden.facts["config"]), spectral_norm=True)
    for part in PARTS:
        golden.fill(network.get_submodule(part), f"{part}_parameters", f"{part}.")
    return network.double().eval()


@pytest.fixture(scope="module")
def styles(golden):
    """{kind: style images}, in the order given."""
    found = {}
    for kind, name in enumerate(("car", "person")):
        image = torch.from_numpy(golden.arrays[f"in_{name}_style"]).double() / 255 * 2 - 1
        instance = torch.from_numpy(golden.arrays[f"in_{name}_style_mask"])[:, 0] > 0
        found[kind] = StyleImages(image * instance.unsqueeze(1), instance)
    return found


@pytest.fixture(scope="module")
def edit(golden):
    """Known pixels, hole, labels, objects and edges."""
    labels, instances, mask = (
        torch.from_numpy(golden.arrays[f"in_{name}"])[:, 0].long()
        for name in ("label", "instance", "mask")
    )
    hole = mask > 0
    objects = torch.where(instances >= 1000, instances, 0)
    return golden.image * ~hole[:, None], hole, labels, objects, neighbour_edges(instances)


@pytest.fixture(scope="module")
def images(network, edit, styles):
    with torch.no_grad():
        return network(*edit, lambda item, kind: styles[kind])


def test_the_objects_are_found_placed_and_told_apart_as_published(golden, images):
    for kind, name in enumerate(("car", "person")):
        mine = [n for n, one in enumerate(images.found) if one.kind == kind]
        boxes = [images.found[n].box for n in mine]
        assert boxes == [tuple(box) for box in golden.arrays[f"out_{name}_boxes"].tolist()]
        erased = images.crops.erased[mine].long().tolist()
        assert erased == golden.arrays[f"out_{name}_erased"].tolist()
    packed = np.packbits(images.foreground[0].numpy(), axis=1)
    assert np.array_equal(packed, golden.arrays["out_foreground_mask"])


@pytest.mark.parametrize(("kind", "name"), [(0, "car"), (1, "person")])
def test_the_object_networks_reproduce_the_golden_objects(golden, images, kind, name):
    mine = [n for n, one in enumerate(images.found) if one.kind == kind]
    assert golden.deviation(f"{name}_objects", images.objects[mine]) < 1e-6


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("background", "background"),
        ("embedded", "canvas"),
        ("assembled", "assembled"),
        ("fusion", "fused"),
        ("composite", "composite"),
    ],
)
def test_every_step_of_the_assembly_reproduces_the_golden_image(golden, images, name, field):
    found = getattr(images, field)
    assert golden.deviation(name, found) < 1e-6
    mean = torch.from_numpy(golden.arrays[f"out_{name}__mean"])
    assert (found.mean((2, 3)) - mean).abs().max() < 1e-6


def test_style_code_and_cycle_code_are_the_golden_ones(golden, network, images, styles):
    kinds = torch.zeros(1, dtype=torch.long)
    first = images.crops.instance[:1]
    with torch.no_grad():
        image, code, cycle = network.object_style(
            first, kinds, styles[0].images[:1], styles[0].instances[:1]
        )
    assert golden.deviation("style_code", code) < 1e-6
    assert golden.deviation("style_cycle_code", cycle) < 1e-6
    assert golden.deviation("style_object", image) < 1e-6


def test_the_discriminator_gives_the_golden_scores(golden, network, edit, images):
    config = golden_config(golden.facts["config"])
    judge = siedob_discriminators(config)["netD_BG"]
    golden.fill(judge, "discriminator_parameters", "discriminator.")
    labels = torch.where(edit[2] == 0, 33, edit[2])
    hot = torch.nn.functional.one_hot(labels, 34).permute(0, 3, 1, 2).double()
    with torch.no_grad():
        scores = judge.double().eval()(hot, images.composite)
    assert golden.deviation("D_score", scores) < 1e-6


@pytest.mark.parametrize(
    ("part", "make", "prefix"),
    [
        ("bg.netG_BG", lambda c: BackgroundGenerator(c, spectral_norm=True), ""),
        (
            "object_inpainting.netG",
            lambda c: ObjectInpainting(c, spectral_norm=True),
            "fg_inpainting.",
        ),
        ("object_style.netG", ObjectStyle, "fg_style."),
        ("Fnet.netG_F", lambda c: Fusion(c, spectral_norm=True), ""),
    ],
)
def test_full_size_parameters_have_the_published_names_and_shapes(part, make, prefix):
    found = shapes(skeleton(make, siedob_config()))
    assert {prefix + name: shape for name, shape in found.items()} == published("siedob", part)


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("netD_BG", "bg.netD_BG"),
        ("netD_patch", "bg.netD_patch"),
        ("netD_inp", "object_inpainting.netD_inp"),
        ("netD_style", "object_style.netD_style"),
        ("netD_F", "Fnet.netD_F"),
    ],
)
def test_discriminators_have_the_published_names_and_shapes(name, part):
    networks = skeleton(siedob_discriminators, siedob_config())
    assert shapes(networks[name]) == published("siedob", part)


def test_single_precision_is_off_by_less_than_a_ten_thousandth(
    golden, network, edit, styles, images
):
    single = SIEDOB(network.config, spectral_norm=True)
    single.load_state_dict(network.state_dict())
    looks = {kind: StyleImages(s.images.float(), s.instances) for kind, s in styles.items()}
    with torch.no_grad():
        found = single.eval()(edit[0].float(), *edit[1:], lambda item, kind: looks[kind])
    assert (found.objects - images.objects).abs().max() < 1e-4
    assert (found.composite - images.composite).abs().max() < 1e-4
