"""SPADE, SESAME and SEAN carry out edits, or say in a sentence why not."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from baselines.adapters.options import Arithmetic
from baselines.adapters.sean import SEANEditor
from baselines.adapters.sesame import SESAMEEditor
from baselines.adapters.spade import SPADEEditor
from baselines.spade import SPADEConfig, spade_labels
from bench.batch import Reference
from bench.core.errors import BadInput, EditFailed
from bench.plugins.editors import Editor, Movable
from tests.baselines.adapters.edits import make_batch

WIDTHS = {"ngf": 2, "hidden": 4}
SEAN_WIDTHS = {**WIDTHS, "style_length": 6, "encoder_width": 2}
MEAN = {"mean_codes": torch.ones(4, 6), "mean_codes_known": torch.ones(4, dtype=torch.bool)}


@pytest.fixture(params=["spade", "sesame", "sean"])
def editor(request, weights):
    return {
        "spade": lambda: SPADEEditor(weights("spade", **WIDTHS)),
        "sesame": lambda: SESAMEEditor(weights("sesame", **WIDTHS)),
        "sean": lambda: SEANEditor(weights("sean", extras=MEAN, **SEAN_WIDTHS)),
    }[request.param]()


def test_editors_keep_the_contract(editor):
    assert isinstance(editor, Editor)
    assert isinstance(editor, Movable)
    assert editor.to("cpu") is editor
    assert len(editor.identity["weights"]) == 64
    assert sum(p.numel() for p in editor.network.parameters()) > 100


def test_images_are_rgb_in_range_and_repeatable(editor):
    batch = make_batch()
    raw = editor.edit(batch)
    assert raw.shape == batch.masked.shape
    assert raw.dtype == torch.float32
    assert raw.abs().max() <= 1
    torch.testing.assert_close(editor.edit(batch), raw, rtol=0, atol=0)


def test_an_edit_is_the_same_in_any_batch(editor):
    batch = make_batch()
    turned = editor.edit(batch.take([1, 0, 1]))
    torch.testing.assert_close(turned[[1, 0]], editor.edit(batch), atol=1e-4, rtol=1e-4)


def test_half_precision_changes_images_a_little_and_is_part_of_the_identity(editor):
    batch = make_batch()
    exact = editor.edit(batch)
    before = dict(editor.identity)
    editor.arithmetic = Arithmetic("bfloat16")
    found = editor.edit(batch)
    assert found.dtype == torch.float32
    assert 0 < (found - exact).abs().mean() < 0.1
    assert before["precision"] == "float32"


def test_labels_beyond_the_classes_are_named(editor):
    batch = make_batch()
    batch.labels[0, 0, 0] = 7
    with pytest.raises(EditFailed, match=r"class 7 .* beyond the network's 4 classes"):
        editor.edit(batch)


def test_void_is_no_label_beyond_the_classes(editor):
    batch = make_batch()
    batch.labels[0, :9, :9] = -1
    assert torch.isfinite(editor.edit(batch)).all()


def test_a_size_that_the_network_cannot_take_is_named(editor):
    batch = make_batch(size=(66, 60))
    with pytest.raises(EditFailed, match=r"size: 60x66 pixels.*multiples of"):
        editor.edit(batch)


def test_another_label_space_is_refused(weights):
    editor = SPADEEditor(weights("spade", label_space="ade20k-150", **WIDTHS))
    with pytest.raises(EditFailed, match="count in 'ade20k-150', the task in 'rooms-4'"):
        editor.edit(make_batch())


def test_weights_of_another_system_or_variant_are_refused(weights):
    path = weights("spade", **WIDTHS)
    with pytest.raises(BadInput, match="system: holds 'spade', expected 'sean'"):
        SEANEditor(path)
    with pytest.raises(BadInput, match="variant: holds 'labels', expected 'ade20k'"):
        SPADEEditor(path, variant="ade20k")


def test_spade_puts_void_into_the_dont_care_channel_and_edges_last():
    config = SPADEConfig(classes=4, dont_care=True, instance_edges=True)
    labels = torch.tensor([[[-1, 2]]])
    planes = spade_labels(config, labels, torch.tensor([[[True, False]]])).dense()
    assert planes[0, :, 0, 0].tolist() == [0, 0, 0, 0, 1, 1]
    assert planes[0, :, 0, 1].tolist() == [0, 0, 1, 0, 0, 0]


def test_spade_ignores_the_known_pixels(weights):
    editor = SPADEEditor(weights("spade", **WIDTHS))
    batch = make_batch()
    other = dataclasses.replace(batch, masked=-batch.masked)
    torch.testing.assert_close(editor.edit(other), editor.edit(batch))


@pytest.mark.parametrize(("variant", "sees"), [("labels", False), ("labels everywhere", True)])
def test_sesame_sees_labels_outside_the_mask_only_where_its_variant_says(weights, variant, sees):
    editor = SESAMEEditor(weights("sesame", variant=variant, **WIDTHS), variant=variant)
    batch = make_batch()
    other = dataclasses.replace(
        batch, labels=torch.where(batch.masked_region[:, 0], batch.labels, (batch.labels + 1) % 4)
    )
    assert torch.equal(editor.edit(other), editor.edit(batch)) is not sees


def test_sesame_refuses_an_empty_and_a_full_mask(weights):
    editor = SESAMEEditor(weights("sesame", **WIDTHS))
    batch = make_batch()
    with pytest.raises(EditFailed, match="mask: empty in edit edit-0"):
        editor.edit(dataclasses.replace(batch, mask=torch.zeros_like(batch.mask)))
    with pytest.raises(EditFailed, match="covers the whole image in edit edit-0"):
        editor.edit(dataclasses.replace(batch, mask=torch.ones_like(batch.mask)))


def test_sean_takes_the_styles_of_the_known_pixels(weights):
    editor = SEANEditor(weights("sean", extras=MEAN, **SEAN_WIDTHS))
    batch = make_batch()
    other = dataclasses.replace(batch, masked=-batch.masked)
    assert not torch.equal(editor.edit(other), editor.edit(batch))
    assert editor.needs == frozenset()


def test_sean_names_a_region_that_nothing_tells_the_style_of(weights):
    editor = SEANEditor(weights("sean", **SEAN_WIDTHS))
    batch = make_batch()
    labels = torch.where(batch.masked_region[:, 0], 3, 0)
    with pytest.raises(EditFailed, match=r"class 3 \(lamp\) of edit edit-0 cannot be seen"):
        editor.edit(dataclasses.replace(batch, labels=labels))


def test_sean_falls_back_to_mean_codes(weights):
    editor = SEANEditor(weights("sean", extras=MEAN, **SEAN_WIDTHS))
    batch = make_batch()
    labels = torch.where(batch.masked_region[:, 0], 3, 0)
    codes = editor._codes(dataclasses.replace(batch, labels=labels))
    assert (codes[:, 3] == 1).all()
    assert not (codes[:, 0] == 1).any()


def test_sean_takes_the_styles_of_a_reference(weights):
    editor = SEANEditor(weights("sean", extras=MEAN, **SEAN_WIDTHS), style="reference")
    assert editor.needs == {"references"}
    batch = make_batch()
    with pytest.raises(EditFailed, match="references: edit edit-0 has none"):
        editor.edit(batch)
    red = Reference("r", torch.full((3, 64, 64), 0.7), torch.zeros(64, 64).long(), None)
    styled = dataclasses.replace(batch, references=((red,), (red,)))
    shown = editor.network.encode(red.image[None], red.labels[None])[0][0, 0]
    torch.testing.assert_close(editor._codes(styled)[1, 0], shown)


def test_sean_reconstructs_from_the_original_when_asked(weights):
    editor = SEANEditor(weights("sean", **SEAN_WIDTHS), style="original")
    assert editor.needs == {"original"}
    batch = make_batch()
    original = batch.masked + batch.mask * 0.5
    assert editor.edit(dataclasses.replace(batch, original=original)).shape == batch.masked.shape


def test_sean_refuses_an_unknown_style(weights):
    with pytest.raises(BadInput, match="unknown value of 'style' of editor 'sean': 'mean'"):
        SEANEditor(weights("sean", **SEAN_WIDTHS), style="mean")
