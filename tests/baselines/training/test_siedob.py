"""SIEDOB's training: what its object networks and its border discriminator are shown."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch
from safetensors.torch import load_file

from baselines.checkpoints import load_network
from baselines.layers.label_map import label_maps_as
from baselines.siedob import siedob_config
from baselines.siedob.assembly import Crops
from baselines.training.border_patches import border_patches, border_pixels
from baselines.training.data import Examples
from baselines.training.fabric import launch_fabric
from baselines.training.feed import turns
from baselines.training.loop import WEIGHTS, train
from baselines.training.object_crops import draw_holes, draw_objects, others_of_the_class
from baselines.training.siedob import _with_boxes
from baselines.training.trainer import make_recipe
from bench.core.errors import BadInput
from tests.baselines.training.tiny import tiny
from tests.speed.operator_calls import OperatorCalls

CAR = 26
CONFIG = siedob_config(object_size=32)


def crops(count):
    whole = torch.ones(count, 32, 32, dtype=torch.bool)
    whole[:, :4] = False
    image = torch.rand(count, 3, 32, 32) * whole.unsqueeze(1)
    return Crops(image, whole, torch.zeros_like(whole), torch.zeros(count, dtype=torch.long))


def test_an_image_gives_one_of_its_objects_and_one_without_gives_none():
    labels, ids = torch.zeros(3, 64, 64, dtype=torch.long), torch.zeros(3, 64, 64, dtype=torch.long)
    for item, number in ((0, 1), (0, 2), (2, 3)):
        rows = slice(5 + 25 * (number % 2), 25 + 25 * (number % 2))
        labels[item, rows, 5:30], ids[item, rows, 5:30] = CAR, number
    found = draw_objects(torch.rand(3, 3, 64, 64), labels, ids, CONFIG)
    assert found is not None
    assert found.image.shape == (2, 3, 32, 32)
    assert not (found.image * ~found.instance.unsqueeze(1)).any()
    assert draw_objects(torch.rand(1, 3, 64, 64), labels[1:2], ids[1:2], CONFIG) is None


def test_holes_lie_on_the_object_and_hide_it():
    given = crops(30)
    shown = draw_holes(given, seed=0, step=3)
    assert not (shown.hole & ~given.instance).any()
    assert not (shown.image * shown.hole.unsqueeze(1)).any()
    kept = ~shown.hole.unsqueeze(1).expand_as(given.image)
    assert torch.equal(shown.image[kept], given.image[kept])
    assert shown.hole.flatten(1).any(1).all()


def test_every_third_hole_is_a_strip_of_15_to_65_percent_along_a_side():
    given = crops(60)
    given.instance[:] = True
    for hole in draw_holes(given, seed=0, step=0).hole[2::3]:
        rows, columns = hole.all(1), hole.all(0)
        assert rows.any() != columns.any()
        thick = int(rows.sum() if rows.any() else columns.sum())
        assert int(32 * 0.15) <= thick <= int(32 * 0.65)
        assert hole.sum() == 32 * thick


def test_each_object_is_paired_with_the_next_one_of_its_class():
    assert others_of_the_class(torch.tensor([0, 1, 0, 2, 0, 1])).tolist() == [2, 5, 4, 3, 0, 1]


def test_the_border_is_what_an_erosion_by_two_pixels_takes():
    region = torch.zeros(6, 6, dtype=torch.bool)
    region[1:5, 2:6] = True
    border = border_pixels(region)
    assert border.sum() == 7  # the first row and column
    assert border[1, 2:6].all()
    assert border[1:5, 2].all()


def test_the_borders_of_a_batch_are_those_of_its_regions():
    regions = torch.rand(3, 9, 7, generator=torch.Generator().manual_seed(0)) < 0.7
    assert torch.equal(
        border_pixels(regions), torch.stack([border_pixels(region) for region in regions])
    )


def test_half_of_the_holes_take_the_boxes_of_the_larger_objects():
    """At 64 pixels an object is large above 25 pixels, and a box reaches one pixel around it."""
    hole = torch.zeros(64, 64, 64, dtype=torch.bool)
    hole[:, 60, 60] = True
    objects = torch.zeros(64, 64, 64, dtype=torch.long)
    objects[:, 10:16, 20:26] = 3  # 36 pixels
    objects[:, 40:45, 40:45] = 4  # 25 pixels
    torch.manual_seed(0)
    united = _with_boxes(hole, objects)
    boxed = united[:, 10, 20]
    wanted = hole[0].clone()
    wanted[9:16, 19:26] = True  # its last row and column are left out, as published
    assert torch.equal(united[~boxed], hole[~boxed])
    assert torch.equal(united[boxed], wanted.expand(int(boxed.sum()), -1, -1))
    assert 16 <= int(boxed.sum()) <= 48  # five standard deviations around one in two
    assert int(hole.sum()) == 64


def test_four_patches_an_image_are_cut_around_its_border_and_none_without():
    planes = torch.arange(256.0).view(1, 1, 1, 256).expand(2, 1, 256, 256)
    region = torch.zeros(2, 256, 256, dtype=torch.bool)
    region[1, 100:, 128:] = True
    torch.manual_seed(0)
    patches = border_patches(planes, region)
    assert patches is not None
    assert patches.shape == (4, 1, 160, 160)
    for patch in patches:  # 96 to 160 columns of a ramp, near column 128 or right of it
        width = (patch[0, 0, -1] - patch[0, 0, 0]) * 160 / 159
        assert 94 <= float(width) <= 162
        assert float(patch.max()) <= 254  # the last column never counts, as published
    assert border_patches(planes[:1], region[:1]) is None


def test_phases_with_batches_of_their_own_count_examples_from_zero():
    config = tiny("siedob", steps=8, batches=(3, 2, 1, 4))
    source = Examples(config.data, 0)
    given = turns(config, [source], {}, lambda _: 8, rank=1, devices=2)
    found = [(given(step).first, given(step).count) for step in range(8)]
    assert found == [(3, 3), (9, 3), (2, 2), (6, 2), (1, 1), (3, 1), (4, 4), (12, 4)]


def test_a_phase_reads_its_own_scenes():
    config = tiny("siedob")
    large, source = Examples(config.data, 0), Examples(config.data, 0)
    given = turns(config, [source], {1: large}, lambda _: 4)
    assert [given(step).source is large for step in range(4)] == [False, True, False, False]


def test_a_run_trains_objects_of_larger_scenes_and_keeps_a_bank(tmp_path):
    config = tiny("siedob")
    larger = config.data.model_copy(update={"load": (64, 64), "masks": ()})
    moved = config.model_copy(update={"phase_data": (None, larger, larger, None)})
    seen = []
    train(moved, tmp_path, watch=lambda done, total, losses: seen.append(set(losses)))
    assert "patches" in seen[0]
    assert "cycle" in seen[2]
    assert seen[3] == {"discriminator", "adversarial"}
    loaded = load_network("siedob", tmp_path / WEIGHTS)
    assert set(loaded.extras["style_labels"].tolist()) <= {9, 11}
    assert loaded.extras["style_images"].dtype == torch.uint8
    assert loaded.card.label_space == "procedural-streets@1"


@pytest.mark.parametrize("number", range(4))
def test_each_phase_trains_its_own_network_alone(number, tmp_path):
    phases = tuple(float(n == number) for n in range(4))
    found = []
    for steps in (1, 3):
        train(tiny("siedob", phases=phases, steps=steps), tmp_path / str(steps))
        found.append(load_file(tmp_path / str(steps) / WEIGHTS))
    moved = {name.partition(".")[0] for name in found[0] if moves(found, name)}
    parts = ("background", "object_inpainting", "object_style", "fusion")
    assert moved == {parts[number]}


@pytest.mark.parametrize(("number", "reads"), [(0, 3), (1, 1), (2, 1), (3, 3)])
def test_a_step_waits_for_the_maps_of_objects_and_borders_alone(number, reads):
    phases = tuple(float(n == number) for n in range(4))
    config = tiny("siedob", phases=phases)
    source = Examples(config.data, 0)
    recipe = make_recipe(config, [source])
    recipe.setup(launch_fabric("cpu", config), config.steps)
    with label_maps_as("lookups"), OperatorCalls() as calls:
        recipe.train_on(source.batch(0, config.batch, torch.device("cpu")), 0)
    assert calls.waits["cpu"] == reads
    assert set(calls.waits) <= {"cpu", "_local_scalar_dense", "tolist"}  # the others are draws


@pytest.mark.parametrize("number", [1, 2])
def test_a_device_waits_for_none_that_has_no_object(number):
    """All take the step, or none does."""
    config = tiny("siedob", phases=tuple(float(n == number) for n in range(4)))
    source = Examples(config.data, 0)
    recipe = make_recipe(config, [source])
    batch = source.batch(0, config.batch, torch.device("cpu"))
    recipe.fabric = SimpleNamespace(
        world_size=2, device=torch.device("cpu"), all_reduce=lambda here: here / 2
    )
    assert recipe.step(batch, 0) == {"l1": 0}


def moves(states, name):
    return not name.startswith("extra.") and not torch.equal(states[0][name], states[1][name])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"phases": (0.5, 0.5)}, "phases: has 2 shares, but SIEDOB's training has four parts"),
        ({"network": {}}, r"network\.objects: names no object class"),
        (
            {"network": {"objects": [{"name": "car", "label": 8}]}},
            r"network\.objects: class 8 of procedural-streets is not 'car'",
        ),
    ],
)
def test_what_cannot_be_trained_is_refused_by_field(changes, message, tmp_path):
    with pytest.raises(BadInput, match=message):
        train(tiny("siedob", **changes), tmp_path)
