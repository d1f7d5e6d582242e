"""SIEDOB as an editor."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from baselines.adapters.siedob import SIEDOBEditor
from baselines.checkpoints import save_network
from bench.batch import Reference
from bench.core.errors import BadInput, EditFailed
from bench.plugins.editors import Editor, TaskFacts
from bench.plugins.kinds import SYSTEMS
from bench.scene import LabelSpace
from tests.baselines.adapters.edits import make_batch

SPACE = LabelSpace("street-4", ("road", "tree", "car", "person"), ((0, 0, 0),) * 4)
SMALL = {
    "classes": 4,
    "objects": [{"name": "car", "label": 2}, {"name": "person", "label": 3}],
    "background": 2,
    "propagation": 4,
    "hidden": 4,
    "inpainting": 2,
    "style": 2,
    "style_length": 4,
    "style_encoder": 2,
    "fusion": 2,
    "object_size": 32,
}


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """Makes a weights file: with a bank of cars where `count` is not 0."""
    entry = SYSTEMS.get("siedob")
    config = entry.configure("labels", **SMALL)
    torch.manual_seed(0)
    network = entry.build(config)
    for parameter in network.parameters():
        parameter.data.mul_(8)  # drawn so small that nothing would show

    def make(count=0):
        generator = torch.Generator().manual_seed(5)
        extras = {
            "style_images": torch.randint(256, (count, 3, 32, 32), generator=generator).byte(),
            "style_instances": torch.ones(count, 32, 32, dtype=torch.bool),
            "style_labels": torch.full((count,), 2),
        }
        path = tmp_path_factory.mktemp("siedob") / "siedob.safetensors"
        save_network(
            network,
            config,
            path,
            system="siedob",
            variant="labels",
            source="a test",
            licence="none",
            extras=extras if count else None,
        )
        return str(path)

    return make


def batch(count=2, erased=True, label=2, **changes):
    """A road with one object in the masked region."""
    edits = make_batch(count=count, space=SPACE, **changes)
    labels, ids = torch.zeros_like(edits.labels), torch.zeros_like(edits.labels)
    right = 30 if erased else 44
    labels[:, 20:34, 8:right], ids[:, 20:34, 8:right] = label, 7
    return replace(edits, labels=labels, instances=ids)


def test_it_keeps_the_contract_and_its_results_do_not_depend_on_the_batch(weights):
    editor = SIEDOBEditor(weights(4))
    assert isinstance(editor, Editor)
    assert editor.needs == frozenset()
    assert editor.identity["weights"] == editor.card.tensors_sha256
    raw = editor.edit(batch())
    assert raw.shape == (2, 3, 64, 64)
    assert raw.dtype == torch.float32
    assert raw.abs().max() <= 1
    torch.testing.assert_close(raw[1:], editor.edit(batch().take([1])), atol=1e-5, rtol=0)


def test_the_looks_of_erased_objects_are_drawn_by_the_edits_own_seed(weights):
    editor, edits = SIEDOBEditor(weights(40)), batch()
    first = editor.edit(edits)
    assert torch.equal(first, editor.edit(edits))
    other = editor.edit(replace(edits, seeds=(("other", 0), ("other", 1))))
    assert not torch.equal(first, other)
    # What is partly visible is completed, and nothing is drawn.
    partly = batch(erased=False)
    moved = replace(partly, seeds=(("other", 0), ("other", 1)))
    assert torch.equal(editor.edit(partly), editor.edit(moved))


def test_without_a_bank_the_largest_visible_object_of_the_class_gives_its_look(weights):
    editor, edits = SIEDOBEditor(weights()), batch()
    edits.labels[:, 44:60, 40:60], edits.instances[:, 44:60, 40:60] = 2, 8
    image = editor.edit(edits)
    edits.masked[:, :, 44:60, 40:60] *= -1
    assert torch.isfinite(image).all()
    assert not torch.equal(image[:, :, 20:34], editor.edit(edits)[:, :, 20:34])


def test_an_erased_object_without_any_look_is_one_sentence(weights):
    with pytest.raises(EditFailed, match=r"styles: edit edit-0: .*class 'person' is hidden"):
        SIEDOBEditor(weights(4)).edit(batch(label=3))


def test_references_give_the_looks_and_are_asked_for(weights):
    editor = SIEDOBEditor(weights(), styles="reference")
    assert editor.needs == {"references"}
    with pytest.raises(EditFailed, match="references: edit edit-0 has no reference image"):
        editor.edit(batch())
    made = []
    for value in (-0.5, 0.5):
        labels, ids = torch.zeros(64, 64, dtype=torch.long), torch.zeros(64, 64, dtype=torch.long)
        labels[10:40, 10:40], ids[10:40, 10:40] = 2, 1
        reference = Reference("other", torch.full((3, 64, 64), value), labels, ids)
        made.append(editor.edit(batch(references=((reference,), (reference,)))))
    assert not torch.equal(*made)


def test_an_image_without_objects_or_instances_is_edited_too(weights):
    editor, edits = SIEDOBEditor(weights()), batch()
    nothing = replace(edits, labels=torch.ones_like(edits.labels))
    assert torch.isfinite(editor.edit(nothing)).all()
    pieces = SIEDOBEditor(weights(4))
    same = pieces.edit(replace(edits, instances=None))
    torch.testing.assert_close(same, pieces.edit(edits))


def test_an_object_that_touches_the_border_is_edited(weights):
    edits = batch()
    edits.labels[:, 50:, 50:], edits.instances[:, 50:, 50:] = 2, 9
    mask = edits.mask.clone()
    mask[:, :, 56:, 50:] = 1
    touched = replace(edits, mask=mask, masked=edits.masked * (1 - mask))
    assert torch.isfinite(SIEDOBEditor(weights(4)).edit(touched)).all()


def facts(space=SPACE, size=(64, 64), whole=False):
    return TaskFacts(space, size, whole)


def test_a_task_of_another_label_space_size_or_mask_is_refused_before_painting(weights):
    editor = SIEDOBEditor(weights())
    editor.check(facts())
    editor.check(facts(size=(64, 96)))
    other = LabelSpace("rooms-4", ("wall", "floor", "bed", "lamp"), ((0, 0, 0),) * 4)
    with pytest.raises(BadInput, match=r"labels: .*class 2 \(car\) of 'rooms-4', .*calls 'bed'"):
        editor.check(facts(other))
    three = LabelSpace("three", ("road", "tree", "car"), ((0, 0, 0),) * 3)
    with pytest.raises(
        BadInput, match=r"labels: .*class 3 \(person\) of 'three', which it has not"
    ):
        editor.check(facts(three))
    with pytest.raises(BadInput, match=r"size: 60x64 pixels, .*multiples of 16"):
        editor.check(facts(size=(64, 60)))
    with pytest.raises(BadInput, match="mask: every edit hides the whole image"):
        editor.check(facts(whole=True))


def test_costs_count_every_network_that_ran(weights):
    from bench.run.editing.footprint import measured

    editor = SIEDOBEditor(weights(4))
    nothing = replace(batch(1), labels=torch.ones(1, 64, 64, dtype=torch.long))

    def macs(edits):
        with editor.dense():
            return measured(lambda: editor.edit(edits), "cpu")[1].macs

    plain, erased, partly = macs(nothing), macs(batch(1)), macs(batch(1, erased=False))
    assert plain < erased < partly
    total = sum(value.numel() for value in editor.network.parameters())
    parts = [editor.network.get_submodule(name) for name in ("background", "fusion")]
    assert total > sum(value.numel() for part in parts for value in part.parameters())


@pytest.mark.parametrize(("option", "value"), [("styles", "banc"), ("edges", "region")])
def test_an_option_with_an_unknown_word_is_refused_by_name(option, value):
    with pytest.raises(BadInput, match=f"unknown value of '{option}' of editor 'siedob'"):
        SIEDOBEditor("no.safetensors", **{option: value})


def test_half_precision_gives_nearly_the_same_under_another_identity(weights):
    file = weights(4)
    exact, half = SIEDOBEditor(file), SIEDOBEditor(file, precision="bfloat16")
    edits = batch()
    edits.labels[:, 44:60, 40:60], edits.instances[:, 44:60, 40:60] = 2, 8
    mask = edits.mask.clone()
    mask[:, :, 50:, 50:] = 1  # one object is erased, one partly visible
    edits = replace(edits, mask=mask, masked=edits.masked * (1 - mask))
    one, other = exact.edit(edits), half.edit(edits)
    assert other.dtype == torch.float32
    assert 0 < (one - other).abs().mean() < 0.05
    assert exact.identity != half.identity
