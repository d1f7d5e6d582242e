"""The rule around SIEDOB's networks: which objects are painted, where, in which look."""

from __future__ import annotations

import pytest
import torch

from baselines.siedob import SIEDOB, StyleImages, siedob_config
from baselines.siedob.assembly import (
    Crops,
    assemble,
    find_objects,
    foreground_of,
    number_labels,
    objects_of,
    paste,
    visible_objects,
)

CAR, PERSON, ROAD = 26, 24, 7
SMALL = siedob_config(
    background=2,
    propagation=4,
    hidden=4,
    inpainting=2,
    style=2,
    style_length=4,
    style_encoder=2,
    fusion=2,
    object_size=32,
)


def scene(*objects, size=(64, 64)):
    """Labels and instances of a road with boxes (label, id, top, bottom, left, right)."""
    labels, ids = torch.full(size, ROAD), torch.zeros(size, dtype=torch.long)
    for label, number, top, bottom, left, right in objects:
        labels[top:bottom, left:right] = label
        ids[top:bottom, left:right] = number
    return labels[None], ids[None]


def hole(*boxes, size=(64, 64)):
    mask = torch.zeros(1, *size, dtype=torch.bool)
    for top, bottom, left, right in boxes:
        mask[0, top:bottom, left:right] = True
    return mask


def found(labels, ids, mask, config=SMALL, **more):
    return [
        (one.id, one.kind, one.partly, one.box)
        for one in find_objects(labels, ids, mask, config, **more)
    ]


def test_only_objects_in_the_hole_are_painted_the_partly_visible_ones_first():
    labels, ids = scene(
        (CAR, 5, 10, 20, 10, 30), (CAR, 4, 30, 40, 10, 30), (CAR, 6, 50, 60, 40, 60)
    )
    mask = hole((10, 20, 10, 30), (30, 40, 10, 20))
    # The box has two pixels around it, of which its last row and column take one.
    wanted = [(4, 0, True, (28, 41, 8, 31)), (5, 0, False, (8, 21, 8, 31))]
    assert found(labels, ids, mask) == wanted


def test_an_object_at_the_border_is_cut_there_where_the_release_crashes():
    labels, ids = scene((CAR, 1, 50, 64, 44, 64))
    assert found(labels, ids, hole((55, 64, 50, 64))) == [(1, 0, True, (48, 64, 42, 64))]


def test_the_class_is_that_of_most_hidden_pixels_and_the_smaller_label_of_equal_ones():
    labels, ids = scene((CAR, 1, 10, 30, 10, 20))
    labels[0, 10:30, 15:20] = PERSON
    (one,) = find_objects(labels, ids, hole((10, 30, 10, 20)), SMALL)
    assert SMALL.objects[one.kind].label == PERSON
    assert one.mask.sum() == 100  # its pixels of that class alone
    # An instance of no object class is background.
    labels[ids == 1] = ROAD
    assert found(labels, ids, hole((10, 30, 10, 20))) == []


def test_a_thin_or_ragged_object_is_background():
    labels, ids = scene((CAR, 1, 10, 11, 10, 30), (CAR, 2, 30, 50, 10, 30))
    mask = hole((0, 64, 0, 64))
    assert [one[0] for one in found(labels, ids, mask)] == [2]
    ids[0, 36:50, 10:24] = 0  # a corner of it is left: 204 pixels in a box of 23 x 23
    assert found(labels, ids, mask) == []


def test_training_takes_objects_that_are_hidden_to_more_than_a_share():
    labels, ids = scene((CAR, 1, 10, 30, 10, 30))
    assert found(labels, ids, hole((10, 18, 10, 30)), least_hidden=0.4) == []
    assert len(found(labels, ids, hole((10, 19, 10, 30)), least_hidden=0.4)) == 1


def test_no_more_objects_of_a_class_are_painted_than_the_configuration_says():
    boxes = [(CAR, n + 1, 12 * n, 12 * n + 10, 10, 40) for n in range(5)]
    few = SMALL.model_copy(update={"most": 2})
    assert [one[0] for one in found(*scene(*boxes), hole((0, 64, 0, 64)), few)] == [1, 2]


def test_visible_objects_are_what_the_hole_leaves_of_them_the_largest_first():
    labels, ids = scene((CAR, 1, 0, 20, 10, 30), (CAR, 2, 30, 50, 10, 60), (CAR, 3, 52, 64, 10, 60))
    shown = visible_objects(labels, ids, hole((30, 50, 25, 60)), SMALL)
    assert [(one.id, int(one.mask.sum())) for one in shown] == [(3, 600), (1, 400), (2, 300)]


def test_without_instances_connected_pieces_of_object_classes_are_objects():
    labels, _ = scene(
        (CAR, 1, 10, 20, 10, 20), (CAR, 2, 30, 40, 10, 20), (PERSON, 3, 40, 50, 10, 20)
    )
    numbers = objects_of(labels, None, SMALL)
    pieces = [set(numbers[0, top : top + 10, 10:20].flatten().tolist()) for top in (10, 30, 40)]
    assert all(len(piece) == 1 for piece in pieces)
    assert len(set.union(*pieces) - {0}) == 3
    assert not numbers[labels == ROAD].any()


def test_the_released_form_puts_unlabelled_and_void_into_the_last_channel():
    labels = torch.tensor([[[0, -1, 7]]])
    assert number_labels(labels, SMALL).tolist() == [[[33, 33, 7]]]
    assert number_labels(labels, siedob_config("labels", classes=8)).tolist() == [[[0, -1, 7]]]


def test_later_objects_cover_earlier_ones_of_their_class_and_classes_add_up():
    labels, ids = scene((CAR, 1, 10, 30, 10, 30))
    (one,) = find_objects(labels, ids, hole((10, 20, 10, 20)), SMALL)
    other = type(one)(0, 2, 1, False, one.mask, one.box)
    whole = torch.ones(3, 32, 32, dtype=torch.bool)
    painted = torch.stack([torch.full((3, 32, 32), value) for value in (0.1, 0.2, 0.4)])
    crops = Crops(painted, whole, whole, torch.tensor([0, 0, 1]))
    canvas = paste(painted, crops, [one, one, other], torch.zeros(1, 3, 64, 64))
    top, bottom, left, right = one.box
    inside = canvas[0, :, top:bottom, left:right]
    torch.testing.assert_close(inside, torch.full_like(inside, 0.6))
    assert canvas.count_nonzero() == 3 * (bottom - top) * (right - left)


def test_background_and_objects_share_the_hole_and_known_pixels_stay():
    known = torch.full((1, 3, 4, 4), 0.25)
    mask, front = torch.zeros(1, 4, 4, dtype=torch.bool), torch.zeros(1, 4, 4, dtype=torch.bool)
    mask[0, 1:], front[0, :2] = True, True
    image = assemble(known, mask, front, torch.full_like(known, 1), torch.full_like(known, -1))
    assert image[0, 0, :, 0].tolist() == [0.25, 1, -1, -1]


@pytest.mark.parametrize("covered", [(0, 64), (10, 20)])
def test_edits_of_erased_of_partly_visible_and_of_no_objects_run_alone(covered):
    torch.manual_seed(0)
    network = SIEDOB(SMALL).eval()
    look = StyleImages(torch.rand(1, 3, 32, 32), torch.ones(1, 32, 32, dtype=torch.bool))
    known = torch.rand(1, 3, 64, 64)
    for boxes in ([(CAR, 1, 12, 40, 10, 40)], []):
        labels, ids = scene(*boxes)
        mask = hole((*covered, 5, 50))
        with torch.no_grad():
            images = network(known * ~mask, mask, labels, ids, mask, lambda *_: look)
        assert len(images.found) == len(boxes)
        assert torch.isfinite(images.composite).all()
        assert torch.equal(images.composite[..., 60], known[..., 60] * ~mask[0, :, 60])
        assert torch.equal(images.foreground, foreground_of(images.found, mask))


def test_objects_of_a_class_take_their_looks_in_turns():
    torch.manual_seed(0)
    network = SIEDOB(SMALL).eval()
    labels, ids = scene(*[(CAR, n, 20 * n, 20 * n + 14, 10, 30) for n in (0, 1, 2)])
    ids += ids + 1  # ids from 1
    ids[labels == ROAD] = 0
    mask = torch.ones(1, 64, 64, dtype=torch.bool)
    looks = StyleImages(torch.rand(2, 3, 32, 32), torch.ones(2, 32, 32, dtype=torch.bool))
    seen = []
    network.object_style.enc_style.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    with torch.no_grad():
        network(torch.zeros(1, 3, 64, 64), mask, labels, ids, mask, lambda *_: looks)
    shown = seen[0][:, :3]
    assert torch.equal(shown, looks.images[[0, 1, 0]])
