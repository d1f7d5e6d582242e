"""SemanticStyleGAN as an editor: what it changes, what it refuses, what its costs count."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from baselines.adapters.fitting import fit_lanczos
from baselines.adapters.semanticstylegan import SemanticStyleGANEditor
from baselines.checkpoints import save_network
from baselines.semanticstylegan.latents import class_rows
from bench.core.errors import BadInput, EditFailed
from bench.plugins.editors import Editor, TaskFacts
from bench.plugins.kinds import SYSTEMS
from bench.run.editing.footprint import measured
from tests.baselines.adapters.edits import SPACE as ROOMS
from tests.baselines.adapters.test_editing_editors import SPACE, batch

FIELDS = {
    "seg_dim": 4,
    "classes": ("background", "hair", "skin", "eyes"),
    "transparent_dims": (),
}


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    torch.manual_seed(0)
    system = SYSTEMS.get("semanticstylegan")
    config = system.configure(None, **{**system.small, **FIELDS})
    path = tmp_path_factory.mktemp("weights") / "semanticstylegan.safetensors"
    facts = {"variant": "512", "source": "a test", "licence": "none"}
    save_network(system.build(config), config, path, system="semanticstylegan", **facts)
    return str(path)


@pytest.fixture(scope="module")
def make(weights):
    return lambda **options: SemanticStyleGANEditor(
        weights, **{"through": "segmenter", "steps": 2, **options}
    )


@pytest.fixture(scope="module")
def restyling(make):
    return make()


def restyle(count=2, **changes):
    return batch(count, **{"operation": "restyle", "regions": ("hair",) * count, **changes})


def test_it_keeps_the_contract_and_every_edit_is_its_own(restyling):
    assert isinstance(restyling, Editor)
    assert restyling.needs == {"original"}
    edits = restyle(regions=("hair", "skin"))
    raw = restyling.edit(edits)
    assert raw.shape == (2, 3, 32, 32)
    assert raw.abs().max() <= 1
    assert torch.equal(raw[1:], restyling.edit(edits.take([1])))
    assert not torch.equal(raw, restyling.edit(replace(edits, seeds=(("other", 1), ("other", 2)))))


def test_restyling_changes_a_texture_row_and_resampling_the_shape_too(make, restyling):
    codes = torch.zeros(1, 9, 4)
    draw = torch.Generator().manual_seed
    config = restyling.generator.config
    restyled = restyling.replaced(codes, 2, draw(3)).abs().sum(2)[0]
    assert restyled.nonzero().flatten().tolist() == [class_rows(config, 2)[1]]
    resampled = make(edit="resample").replaced(codes, 2, draw(3)).abs().sum(2)[0]
    assert resampled.nonzero().flatten().tolist() == list(class_rows(config, 2))


def test_a_truncation_of_nothing_gives_the_mean_code(make):
    editor = make(truncation=0)
    changed = editor.replaced(torch.zeros(1, 9, 4), 1, torch.Generator().manual_seed(0))
    assert torch.allclose(changed[0, class_rows(editor.generator.config, 1)[1]], editor.mean_code())


def test_a_hole_is_filled_from_its_known_pixels_alone(make):
    editor = make(edit="fill")
    assert editor.needs == frozenset()
    edits = batch()
    hidden = replace(edits, original=None)
    assert torch.equal(editor.edit(edits), editor.edit(hidden))
    lower = replace(edits, labels=edits.labels.flip(1))
    assert torch.equal(editor.edit(edits), editor.edit(lower))


def test_an_image_of_another_size_comes_back_at_its_own(restyling):
    assert restyling.edit(restyle(1, size=48)).shape == (1, 3, 48, 48)


def test_images_are_resized_as_pillow_does_it():
    image = torch.randint(0, 256, (1, 3, 12, 12), generator=torch.Generator().manual_seed(0))
    found = fit_lanczos(image / 127.5 - 1, 5)
    levels = Image.fromarray(image[0].permute(1, 2, 0).byte().numpy())
    small = np.asarray(levels.resize((5, 5), Image.Resampling.LANCZOS))
    assert np.allclose((found[0].permute(1, 2, 0) + 1) * 127.5, small, atol=1e-4)
    assert torch.equal(fit_lanczos(found, 5), found)


@pytest.mark.parametrize(
    ("space", "size", "operation", "edit", "sentence"),
    [
        (ROOMS, (32, 32), "restyle", "restyle", "labels: 'rooms-4' names 0 of the network's 4 cl"),
        (SPACE, (32, 48), "restyle", "restyle", "size: 48x32 pixels, but the network takes squar"),
        (SPACE, (32, 32), "inpaint", "restyle", "operation: .* 'inpaint', but the method can onl"),
        (SPACE, (32, 32), "relabel", "fill", "operation: .* 'relabel', but the method can only '"),
    ],
)
def test_a_task_that_it_cannot_do_is_refused_before_painting(
    make, space, size, operation, edit, sentence
):
    editor = make(edit=edit)
    with pytest.raises(BadInput, match=f"^{sentence}"):
        editor.check(TaskFacts(space, size, False, operation=operation))
    editor.check(TaskFacts(SPACE, None, False, operation=min(editor.demands.operations)))


def test_a_region_that_is_none_of_its_classes_is_refused_by_name(restyling):
    with pytest.raises(EditFailed, match="edit edit1 is of 'sky', but the network restyles back"):
        restyling.edit(restyle(regions=("hair", "sky")))


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"edit": "fil"}, "did you mean 'fill'"),
        ({"through": "vgg19"}, "did you mean 'vgg'"),
        ({"steps": 0}, "steps: 0 is no whole number from 1"),
        ({"tuning": 1.5}, "tuning: 1.5 is no whole number from 0"),
        ({"tuning_rate": 0}, "tuning_rate: 0 is out of range; give one above 0"),
        ({"tuning_rate": "fast"}, "tuning_rate: 'fast' is no number above 0"),
        ({"truncation": 2}, "truncation: 2 is out of range"),
    ],
)
def test_an_option_out_of_its_range_is_refused_by_name(make, options, sentence):
    with pytest.raises(BadInput, match=sentence):
        make(**options)


def test_costs_count_the_perceptual_network_and_every_step(make):
    two, four = make(), make(steps=4)
    counted = [sum(p.numel() for p in part.parameters()) for part in (two.generator, two.network)]
    assert counted[0] < counted[1]
    edits = restyle(1)
    two.mean_code(), four.mean_code()
    short, long = (measured(lambda e=e: e.edit(edits), "cpu")[1].macs for e in (two, four))
    once = measured(lambda: two.generator(two.mean_code().unsqueeze(0), segment=False), "cpu")[1]
    step = (long - short) / 2
    assert step > 2 * once.macs
    assert short > 2 * step


def test_half_precision_gives_nearly_the_same_under_another_identity(make, restyling):
    half = make(precision="bfloat16")
    one, other = restyling.edit(restyle(1)), half.edit(restyle(1))
    assert other.dtype == torch.float32
    assert 0 < (one - other).abs().mean() < 0.05
    assert half.identity != restyling.identity


def test_identity_says_what_the_image_was_found_by(make, restyling):
    assert restyling.identity["perceptual"]["network"] == "segmenter-procedural"
    assert restyling.identity != make(steps=3).identity
    assert make(tuning=1).identity != make(tuning=1, tuning_rate=1e-3).identity
    assert restyling.identity == make(tuning_rate=1e-3).identity  # no step goes by it


def test_tuning_goes_by_its_rate(make):
    edit = restyle()
    plain, slow, fast = (
        make(**options).edit(edit)
        for options in ({}, {"tuning": 1, "tuning_rate": 1e-6}, {"tuning": 1, "tuning_rate": 1e-2})
    )
    assert (slow - plain).abs().max() < 1e-3
    assert (fast - plain).abs().max() > 1e-2
