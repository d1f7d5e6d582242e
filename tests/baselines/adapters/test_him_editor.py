"""HIM fills masked regions with given and predicted layouts, or says in a sentence why not."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from baselines.adapters.him import HIMEditor
from baselines.him import him_labels
from bench.core.errors import BadInput, EditFailed
from bench.plugins.editors import Editor, TaskFacts
from tests.baselines.adapters.edits import SPACE, make_batch

SMALL = {"size": 64, "ngf": 2, "downsamplings": 2, "blocks": 1, "classes": 5}
SMALL |= {"layout_width": 4, "layout_widths": (4, 4, 6), "layout_blocks": 2}


@pytest.fixture
def editor(weights):
    def make(variant="labels", **options):
        return HIMEditor(weights("him", variant=variant, **SMALL), **options)

    return make


def boxed(size=(64, 64), rows=(20, 40), columns=(24, 48), **changes):
    mask = torch.zeros(2, 1, *size)
    mask[:, :, slice(*rows), slice(*columns)] = 1
    batch = make_batch(size)
    fields = {"mask": mask, "masked": batch.masked * (1 - mask), "regions": ("bed", "lamp")}
    return dataclasses.replace(batch, **{**fields, **changes})


@pytest.mark.parametrize("layout", ["given", "predicted"])
@pytest.mark.parametrize("size", [(64, 64), (80, 120)])
def test_images_are_in_range_repeatable_and_the_same_in_any_batch(editor, layout, size):
    made, batch = editor(layout=layout), boxed(size)
    assert isinstance(made, Editor)
    raw = made.edit(batch)
    assert raw.shape == batch.masked.shape
    assert torch.isfinite(raw).all()
    assert raw.abs().max() <= 1
    assert torch.equal(made.edit(batch), raw)
    turned = made.edit(batch.take([1, 0]))
    torch.testing.assert_close(turned[[1, 0]], raw, atol=1e-4, rtol=1e-4)
    assert (raw - batch.masked)[batch.mask.expand_as(raw) > 0].abs().max() > 0


def test_an_image_of_the_networks_size_is_one_window_and_its_known_pixels_stay(editor):
    made, batch = editor(), boxed()
    raw = made.edit(batch)
    with torch.no_grad():
        labels = him_labels(made.network.config, batch.labels)
        expected = made.network(batch.masked, labels, batch.mask)
    torch.testing.assert_close(raw, expected)
    known = (batch.mask == 0).expand_as(raw)
    assert torch.equal(raw[known], batch.masked[known])


def test_another_image_is_filled_through_a_window_of_three_times_the_box(editor):
    made, batch = editor(), boxed((80, 120), rows=(30, 44), columns=(50, 60))
    raw = made.edit(batch)
    # The window is 42 pixels a side: rows 16 to 57, columns 34 to 75.
    outside = torch.ones(80, 120, dtype=torch.bool)
    outside[16:58, 34:76] = False
    assert torch.equal(raw[..., outside], batch.masked[..., outside])
    far = dataclasses.replace(batch, labels=torch.where(outside, 3, batch.labels))
    assert torch.equal(made.edit(far), raw)


def test_a_given_layout_counts_and_the_layout_generator_costs_nothing(editor):
    made, batch = editor(), boxed()
    assert made.network.layout is None
    other = dataclasses.replace(batch, labels=(batch.labels + 1) % 4)
    assert not torch.equal(made.edit(other), made.edit(batch))


@pytest.mark.parametrize("size", [(64, 64), (80, 120)])
@pytest.mark.parametrize("operation", ["add", "remove"])
def test_a_predicted_layout_never_reads_the_labels_inside_the_mask(editor, size, operation):
    made, batch = editor(layout="predicted"), boxed(size, operation=operation)
    other = torch.where(batch.masked_region[:, 0], (batch.labels + 1) % 4, batch.labels)
    changed = dataclasses.replace(batch, labels=other)
    assert torch.equal(made.edit(changed), made.edit(batch))


def test_a_predicted_layout_is_of_the_regions_class_and_a_removal_is_background(editor):
    made = editor(layout="predicted")
    assert [made._class(boxed(), i) for i in (0, 1)] == [2, 3]
    assert made._class(boxed(regions=(None, None)), 0) == 4
    assert made._class(boxed(operation="remove"), 0) == 4
    with pytest.raises(EditFailed, match="regions: edit edit-1 is of 'cup', which is no class"):
        made.edit(boxed(regions=("bed", "cup")))


def test_pixels_of_an_object_take_its_class_and_known_ones_beside_it_keep_theirs(editor):
    made, batch = editor(layout="predicted"), boxed()
    boxes = [made_box(batch)] * 2
    last = made.network.layout.obj_conv_decoder_4
    canvases = []
    for logit in (20.0, -20.0):
        torch.nn.init.zeros_(last.weight)
        torch.nn.init.constant_(last.bias, logit)
        canvases.append(made._predicted(batch, boxes, made.network.layout))
    known = ~batch.masked_region[:, 0]
    assert (canvases[0][0, 20:40, 24:48] == 2).all()
    assert (canvases[0][1, 20:40, 24:48] == 3).all()
    assert torch.equal(canvases[1][known], batch.labels[known])
    assert (canvases[1] >= 0).all()


def made_box(batch):
    from baselines.him import bounding_box

    return bounding_box(batch.masked_region[0, 0])


def test_weights_without_a_layout_generator_are_refused_for_a_prediction(editor):
    assert editor("labels image").edit(boxed()).shape == (2, 3, 64, 64)
    with pytest.raises(BadInput, match="'labels image' has no layout generator"):
        editor("labels image", layout="predicted")
    with pytest.raises(BadInput, match="unknown value of 'layout' of editor 'him'"):
        editor(layout="guessed")


def test_what_no_window_holds_is_one_sentence(editor):
    with pytest.raises(EditFailed, match="hides 90x20 pixels, more than a square window"):
        editor().edit(boxed((80, 120), columns=(10, 100)))
    with pytest.raises(EditFailed, match="mask: empty in edit edit-0"):
        editor().edit(boxed(rows=(3, 3)))


def test_a_layout_is_not_predicted_for_a_region_that_has_one(editor):
    restyle = TaskFacts(SPACE, (64, 64), whole=False, operation="restyle")
    editor().check(restyle)
    with pytest.raises(BadInput, match="operation: the task's edits are to 'restyle'"):
        editor(layout="predicted").check(restyle)


def test_a_task_that_hides_everything_is_refused_before_anything_is_edited(editor):
    with pytest.raises(BadInput, match="every edit hides the whole image"):
        editor().check(TaskFacts(SPACE, (64, 64), whole=True))
