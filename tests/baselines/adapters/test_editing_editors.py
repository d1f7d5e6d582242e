from dataclasses import replace

import pytest
import torch

from baselines.adapters.divsem import DivSemEditor
from baselines.adapters.fitting import fit_batch
from baselines.adapters.spmpgan import SPMPGANEditor
from baselines.adapters.ssae import SSAEEditor
from baselines.checkpoints import save_network
from baselines.sae import SAEConfig
from bench.batch import EditBatch, Reference
from bench.core.errors import BadInput, EditFailed
from bench.plugins.editors import Editor
from bench.plugins.kinds import SYSTEMS
from bench.scene import LabelSpace

CLASSES = ("hair", "skin", "nose", "sky")
SPACE = LabelSpace("four", CLASSES, tuple((i, i, i) for i in range(4)))
SMALL = {"size": 32, "ngf": 4, "hidden": 8}
STYLED = {**SMALL, "style": 6, "style_widths": (4,) * 6, "style_decoder": (4,) * 4}
FACE = {
    "sae": SAEConfig(size=128, texture=16, encoder_capacity=0.125, generator_capacity=0.03),
    "width": 4,
    "first_blocks": 1,
    "second_blocks": 1,
    "mask_width": 4,
}


@pytest.fixture
def saved(tmp_path):
    def save(system, fields, variant="full", extras=None):
        torch.manual_seed(0)
        entry = SYSTEMS.get(system)
        config = entry.configure(variant, **fields)
        path = tmp_path / f"{system}.safetensors"
        facts = {"system": system, "variant": variant, "source": "a test", "licence": "none"}
        save_network(entry.build(config), config, path, extras=extras, **facts)
        return str(path)

    return save


def batch(count=2, size=32, **changes):
    generator = torch.Generator().manual_seed(1)
    image = torch.rand(count, 3, size, size, generator=generator) * 2 - 1
    half = size // 2
    labels = torch.zeros(count, size, size, dtype=torch.long)
    labels[:, half:] = 1
    labels[:, half:, half:] = 2
    mask = torch.zeros(count, 1, size, size)
    mask[:, :, half:, half:] = 1
    fields = {
        "masked": image * (1 - changes.get("mask", mask)),
        "mask": mask,
        "labels": labels,
        "instances": None,
        "space": SPACE,
        "operation": "inpaint",
        "regions": ("hair",) * count,
        "ids": tuple(f"edit{i}" for i in range(count)),
        "scenes": tuple(f"scene{i}" for i in range(count)),
        "samples": (0,) * count,
        "seeds": tuple(("method", i) for i in range(count)),
        "original": image,
    }
    return EditBatch(**{**fields, **changes})


def bank(label=2, count=8):
    rows = torch.randn(count, 6, generator=torch.Generator().manual_seed(3))
    return {"style_bank": rows, "style_bank_classes": torch.full((count,), label)}


def same_in_any_batch(editor, edits):
    together, alone = editor.edit(edits), editor.edit(edits.take([1]))
    return torch.allclose(together[1:], alone, atol=1e-4)


def test_the_three_editors_keep_the_contract(saved):
    editors = [
        SPMPGANEditor(saved("spmpgan", {"classes": 4, **SMALL})),
        DivSemEditor(saved("divsem", {"classes": 4, **STYLED}, extras=bank())),
        SSAEEditor(saved("ssae", FACE)),
    ]
    for editor in editors:
        assert isinstance(editor, Editor)
        raw = editor.edit(batch())
        assert raw.shape == (2, 3, 32, 32)
        assert raw.abs().max() <= 1
        assert editor.identity["weights"] == editor.card.tensors_sha256
        assert same_in_any_batch(editor, batch())


def test_images_go_to_the_network_in_the_order_of_opencv(saved):
    editor = SPMPGANEditor(saved("spmpgan", {"classes": 4, **SMALL}))
    seen = []
    editor.network.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    edits = batch()
    editor.edit(edits)
    assert torch.equal(seen[0], edits.masked.flip(1))


def test_labels_count_from_one_where_the_network_has_one_channel_more(saved):
    editor = SPMPGANEditor(saved("spmpgan", {"classes": 5, **SMALL}))
    seen = []
    editor.network.register_forward_pre_hook(lambda _, given: seen.append(given[1]))
    edits = batch()
    edits.labels[0, 0, 0] = -1
    editor.edit(edits)
    assert torch.equal(seen[0].labels, edits.labels + 1)
    assert seen[0].labels[0, 0, 0] == 0


def test_only_the_peeking_form_needs_the_original(saved):
    weights = saved("spmpgan", {"classes": 4, **SMALL})
    assert SPMPGANEditor(weights).needs == frozenset()
    peeking = SPMPGANEditor(weights, peek=True)
    assert peeking.needs == {"original"}
    mask = torch.zeros(2, 1, 32, 32)
    mask[:, :, 9:20, 9:20] = 1  # its border crosses cells of two pixels
    edits = batch(mask=mask)
    hidden = replace(edits, original=None)
    assert torch.equal(SPMPGANEditor(weights).edit(edits), SPMPGANEditor(weights).edit(hidden))
    other = replace(edits, original=torch.where(edits.masked_region, -1.0, edits.masked))
    assert not torch.equal(peeking.edit(edits), peeking.edit(other))


def test_an_image_of_another_size_comes_back_at_its_own(saved):
    editor = SPMPGANEditor(saved("spmpgan", {"classes": 4, **SMALL}))
    assert editor.edit(batch(size=48)).shape == (2, 3, 48, 48)


def test_a_cell_that_the_mask_touches_is_mask():
    edits = batch(size=4)
    edits.mask.zero_()
    edits.mask[:, :, 0, 1] = 1
    fitted = fit_batch(edits, (2, 2))
    assert fitted.mask[0, 0].tolist() == [[1, 0], [0, 0]]
    assert fitted.masked[0, :, 0, 0].abs().max() == 0


@pytest.mark.parametrize(
    ("mask", "words"), [(torch.zeros(2, 1, 32, 32), "empty"), (torch.ones(2, 1, 32, 32), "whole")]
)
def test_an_empty_and_a_full_mask_are_refused_by_name(saved, mask, words):
    editor = SPMPGANEditor(saved("spmpgan", {"classes": 4, **SMALL}))
    with pytest.raises(EditFailed, match=f"mask: .*{words}|mask: {words}"):
        editor.edit(batch(mask=mask))


def test_labels_beyond_the_network_are_refused_by_name(saved):
    editor = SPMPGANEditor(saved("spmpgan", {"classes": 2, **SMALL}), first_label=0)
    with pytest.raises(EditFailed, match=r"labels: class 2 \(nose\)"):
        editor.edit(batch())


def test_weights_of_another_system_or_variant_are_refused(saved):
    weights = saved("spmpgan", {"classes": 4, **SMALL})
    with pytest.raises(BadInput, match="system: holds 'spmpgan', expected 'divsem'"):
        DivSemEditor(weights)
    with pytest.raises(BadInput, match="variant: holds 'full', expected 'w SPADE'"):
        SPMPGANEditor(weights, variant="w SPADE")


def test_a_hidden_region_draws_its_style_from_the_bank_by_the_edits_own_seed(saved):
    editor = DivSemEditor(saved("divsem", {"classes": 4, **STYLED}, extras=bank()))
    edits = batch()
    first, again = editor.edit(edits), editor.edit(edits)
    other = editor.edit(replace(edits, seeds=(("method", 7), ("method", 8))))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_a_hidden_class_without_any_style_is_named(saved):
    editor = DivSemEditor(saved("divsem", {"classes": 4, **STYLED}))
    with pytest.raises(EditFailed, match="class 'nose' is hidden completely"):
        editor.edit(batch())


def test_a_hidden_void_region_takes_the_average_style_of_its_image(saved):
    editor = DivSemEditor(saved("divsem", {"classes": 4, **STYLED}))
    edits = batch()
    edits.labels[:, 16:, 16:] = -1
    assert editor.edit(edits).isfinite().all()


def test_reference_images_give_other_styles_and_are_asked_for(saved):
    weights = saved("divsem", {"classes": 4, **STYLED}, extras=bank())
    editor = DivSemEditor(weights, styles="reference")
    assert editor.needs == {"references"}
    with pytest.raises(EditFailed, match="references: edit edit0 has no reference"):
        editor.edit(batch())
    images = []
    for seed in (1, 2):
        image = torch.rand(3, 48, 48, generator=torch.Generator().manual_seed(seed)) ** seed
        labels = torch.full((48, 48), 2)
        reference = Reference(f"scene{seed}", image * 2 - 1, labels, None)
        images.append(editor.edit(batch(references=((reference,), (reference,)))))
    assert not torch.equal(images[0], images[1])


def test_every_divsem_variant_edits(saved):
    for variant in ("w/o style", "w/o valid ratio", "single scale"):
        weights = saved("divsem", {"classes": 4, **STYLED}, variant, bank())
        assert DivSemEditor(weights, variant).edit(batch()).shape == (2, 3, 32, 32)


def test_ssae_restyles_each_edits_own_region(saved):
    editor = SSAEEditor(saved("ssae", FACE), mask="edit")
    assert editor.needs == {"original"}
    mixed = editor.edit(batch(regions=("hair", "nose")))
    hair = editor.edit(batch(regions=("hair", "hair")))
    assert torch.allclose(mixed[0], hair[0], atol=1e-4)
    assert not torch.allclose(mixed[1], hair[1], atol=1e-4)


def test_ssae_names_the_regions_that_it_knows(saved):
    editor = SSAEEditor(saved("ssae", FACE))
    with pytest.raises(EditFailed, match="is of 'sky', but the network restyles hair"):
        editor.edit(batch(regions=("sky", "hair")))


@pytest.mark.parametrize(
    ("make", "system", "fields"),
    [
        (SPMPGANEditor, "spmpgan", {"classes": 4, **SMALL}),
        (DivSemEditor, "divsem", {"classes": 4, **STYLED}),
        (SSAEEditor, "ssae", FACE),
    ],
)
def test_half_precision_gives_nearly_the_same_under_another_identity(saved, make, system, fields):
    weights = saved(system, fields, extras=bank() if system == "divsem" else None)
    exact, half = make(weights), make(weights, precision="bfloat16")
    one, other = exact.edit(batch()), half.edit(batch())
    assert other.dtype == torch.float32
    assert 0 < (one - other).abs().mean() < 0.05
    assert exact.identity != half.identity


@pytest.mark.parametrize(
    ("make", "option"),
    [(SPMPGANEditor, "edges"), (DivSemEditor, "styles"), (SSAEEditor, "mask")],
)
def test_an_option_with_an_unknown_word_is_refused_by_name(make, option):
    with pytest.raises(BadInput, match=f"unknown value of '{option}' of editor .*'refrence'"):
        make("no.safetensors", **{option: "refrence"})
