"""HIM's training: boxes become targets, phases share a run, and unfair games rest."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from baselines.him import bounding_box, box_plane, soften
from baselines.training.data import Example, Examples, collate
from baselines.training.him import box_targets
from baselines.training.loop import train
from baselines.training.trainer import make_recipe
from bench.batch import EditBatch
from bench.core.errors import BadInput
from bench.scene import LabelSpace
from masks import Site, make_protocol
from masks.windows import Extent
from tests.baselines.training.tiny import tiny

SPACE = LabelSpace("made", ("wall", "floor", "lamp"), ((0, 0, 0),) * 3)


def batch(instances=True):
    """Two edits of 16 pixels: the first masks a lamp's box, the second some wall."""
    labels, objects = (torch.zeros(2, 16, 16, dtype=torch.long) for _ in range(2))
    labels[:, 4:8, 6:12], objects[:, 4:8, 6:12] = 2, 7
    labels[:, 4, 6] = objects[:, 4, 6] = 0  # the lamp is no rectangle
    mask = torch.zeros(2, 1, 16, 16)
    mask[0, :, 4:8, 6:12] = 1
    mask[1, :, 1:8, 6:12] = 1
    image = torch.zeros(2, 3, 16, 16)
    names = ("a", "b")
    return EditBatch(
        masked=image,
        mask=mask,
        labels=labels,
        instances=objects if instances else None,
        space=SPACE,
        operation="inpaint",
        regions=(None, None),
        ids=names,
        scenes=names,
        samples=(0, 0),
        seeds=(("a",), ("b",)),
        original=image,
    )


def test_a_masked_box_of_an_object_asks_for_it_and_any_other_for_background():
    targets = box_targets(batch(), 4)
    assert targets.classes.tolist() == [2, 3]
    assert targets.objects.sum((1, 2, 3)).tolist() == [4 * 6 - 1, 0]
    shown = targets.condition.dense()
    assert shown.shape == (2, 8, 16, 16)
    assert shown[0, 2].sum() == 24  # the box in the channel of the class
    assert shown[0, :4].sum() == 24  # and nothing else
    assert shown[1, 3].sum() == 42
    assert shown[0, 4 + 2].sum() == 24  # the context's box is filled by the class
    assert (shown[:, 4:].sum(1) == 1).all()


@pytest.mark.parametrize(
    ("protocol", "parameters"),
    [("box@1", {}), ("sesame-add@1", {"pick": "random", "least": 32, "size": 64})],
)
def test_a_box_that_protocols_round_asks_for_its_object(protocol, parameters):
    """`box@1` leaves out the last row and column; windows round boxes down, and objects by pixels."""
    draw, asked = np.random.default_rng(0), []
    for number in range(20):
        labels = np.zeros((256, 512), np.int32)
        (top, left), (height, width) = draw.integers(0, (180, 440)), draw.integers(34, 70, 2)
        place = np.s_[top : top + height, left : left + width]
        labels[place] = 2
        site = Site("made", str(number), labels, labels * 7, SPACE.classes)
        drawn = make_protocol(protocol, parameters).draw(site)
        image = np.zeros((*drawn.mask.shape, 3), np.uint8)
        one = Example("a", ("a",), image, drawn.mask, drawn.labels, drawn.instances)
        targets = box_targets(collate([one], SPACE, torch.device("cpu")), 4)
        asked.append(targets.classes.item())
    assert asked == [2] * 20


def test_a_soft_box_is_a_fifth_to_a_half_larger():
    sides = [box_targets(batch(), 4).soft[0].any(1).sum().item() for _ in range(20)]
    assert min(sides) >= 4
    assert 4 < max(sides) <= 7


def test_layouts_need_instances():
    with pytest.raises(BadInput, match=r"data\.dataset: has no instance maps"):
        box_targets(batch(instances=False), 4)


@pytest.mark.parametrize(
    ("terms", "moving"),
    [
        ((0.5, 0.5), (True, True)),
        ((0.2, 0.5), (True, False)),
        ((0.8, 0.5), (False, True)),
        ((0.8, 0.2), (True, True)),
    ],
)
def test_on_ade20k_the_side_that_is_ahead_rests(terms, moving):
    recipe = make_recipe(tiny("him", balance=(0.3, 0.7)), sources())
    recipe.fabric = SimpleNamespace(all_reduce=lambda values: values)
    found = recipe._moving(tuple(torch.tensor(one) for one in terms))
    assert found == moving


def test_several_devices_agree_on_who_rests():
    recipe = make_recipe(tiny("him", balance=(0.3, 0.7)), sources())
    other = torch.tensor([0.9, 0.5])  # the other device's terms
    recipe.fabric = SimpleNamespace(all_reduce=lambda values: (values + other) / 2)
    assert recipe._moving((torch.tensor(0.6), torch.tensor(0.5))) == (False, True)


def sources():
    config = tiny("him")
    return [Examples(config.data, config.seed)]


def test_the_layouts_rate_is_constant_and_the_images_falls_within_its_phase():
    falling = {"generator": 1e-3, "discriminator": 1e-3, "betas": (0.5, 0.9), "constant": 0.5}
    recipe = make_recipe(tiny("him", optimisation=falling, steps=8), sources())
    recipe.steps = 8
    found = []
    for step in range(8):
        recipe.schedule(step)
        found.append(recipe.players["layout"].optimiser.param_groups[0]["lr"])
    assert found == pytest.approx([1e-3, 1e-3, 1e-3, 5e-4] + [1e-3] * 4)


def test_the_layout_can_be_trained_upon_a_trained_image_generator(tmp_path):
    first = tiny("him", variant="labels image", phases=(1,), steps=1)
    image = train(first, tmp_path / "image").saved.path
    with pytest.raises(BadInput, match="`start` must name a trained one"):
        make_recipe(tiny("him", phases=(0, 1)), sources())
    recipe = make_recipe(tiny("him", phases=(0, 1), start=image), sources())
    from safetensors.torch import load_file

    stored = load_file(image)
    own = recipe.network.image.state_dict()
    assert all(torch.equal(own[name], stored[f"image.{name}"]) for name in own)


def test_phases_that_the_variant_does_not_have_are_refused():
    with pytest.raises(
        BadInput, match="phases: has 1 shares, but the training of 'labels' has two"
    ):
        make_recipe(tiny("him", phases=(1,)), sources())


def test_boxes_of_a_batch_are_those_that_an_edit_gets_one_by_one():
    torch.manual_seed(0)
    ids = torch.randint(0, 6, (32, 4, 4)).repeat_interleave(4, 1).repeat_interleave(4, 2)
    mask = torch.zeros(32, 1, 16, 16)
    wanted = []
    for place, plane in enumerate(ids):
        one = int(plane.max())
        box = bounding_box(plane == one) if place % 3 else Extent(2, 3, 7 + place % 5, 9)
        mask[place, 0][box.slices] = 1
        boxes = {n: bounding_box(plane == n) for n in plane.unique().tolist() if n}
        wanted.append(min((n for n, other in boxes.items() if other == box), default=-1))
    some = replace(batch(), mask=mask, labels=ids % 3, instances=ids)
    torch.manual_seed(1)
    targets = box_targets(some, 4)
    torch.manual_seed(1)
    ratios = (1.2 + 0.3 * torch.rand(32)).tolist()
    edges = [bounding_box(one[0] > 0) for one in mask]
    soft = [soften(box, (16, 16), ratio) for box, ratio in zip(edges, ratios, strict=True)]
    assert torch.equal(targets.soft, box_plane(soft, (16, 16), torch.device("cpu")))
    assert targets.classes.tolist() == [n % 3 if n > 0 else 3 for n in wanted]
    found = [ids[k] == n for k, n in enumerate(wanted)]
    assert torch.equal(targets.objects[:, 0] > 0, torch.stack(found))
    assert -1 in wanted
    assert len(set(wanted)) > 2
