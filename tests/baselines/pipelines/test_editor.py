"""Small random pipelines of every kind edit as the library itself does, each edit by its own seed."""

import gc
import shutil
import weakref

import numpy as np
import pytest
import torch
from PIL import Image

from baselines.pipelines import memory
from baselines.pipelines.editor import Diffusers
from bench.core.errors import BadInput, EditFailed
from bench.plugins.editors import create_editor
from bench.run.conformance import check_editor
from bench.run.reader import read_run
from bench.run.suite_run import run_suite
from bench.suite.schema import parse_suite
from tests.baselines.pipelines.edits import batch, task

diffusers = pytest.importorskip("diffusers", reason="diffusers is not installed")
pytestmark = pytest.mark.integration


@pytest.fixture(autouse=True)
def nothing_held():
    yield
    memory.let_go()


def editor(folders, kind="sd", **options):
    return Diffusers(folders(kind), **{"steps": 2, **options})


def controlled(pipeline, **options):
    return editor(pipeline, controlnet=pipeline("control"), **options)


def repaint(pipeline, **options):
    few = {"jump_length": 2, "jump_n_sample": 2}
    classes = {"pipeline": "RePaintPipeline", "scheduler": "RePaintScheduler"}
    return editor(pipeline, "ddpm", steps=4, arguments=few, **classes, **options)


KINDS = {
    "SD inpainting": editor,
    "SDXL inpainting": lambda pipeline: editor(pipeline, "sdxl"),
    "ControlNet inpainting": lambda pipeline: controlled(pipeline, condition="masked"),
    "label maps and inpainting": lambda pipeline: controlled(pipeline, colours="dataset"),
    "FLUX Fill": lambda pipeline: editor(pipeline, "flux", size=32),
    "RePaint": repaint,
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_gives_an_edit_the_same_image_in_any_batch(kind, pipeline):
    assert check_editor(KINDS[kind](pipeline)) == []


@pytest.mark.parametrize("kind", KINDS)
def test_edits_with_seeds_of_their_own_differ(kind, pipeline):
    one = batch(1)
    twice = one.take([0, 0])
    twice = type(twice)(**{**vars(twice), "seeds": (("m", 0), ("m", 1))})
    made = KINDS[kind](pipeline).edit(twice)
    assert (made[0] - made[1]).abs().max() > 1e-3


def pillow(image):
    return Image.fromarray((image.permute(1, 2, 0).numpy() * 255).round().astype(np.uint8))


def by_the_library(name, folder, edits, i, **more):
    """Edit i by the library's own class, as its documentation has it: from Pillow's images."""
    given = {"prompt": "wall, chair, floor, photograph", "num_inference_steps": 2, **more}
    made = getattr(diffusers, name).from_pretrained(folder, **given.pop("parts", {}))
    made.set_progress_bar_config(disable=True)
    image = made(
        image=pillow((edits.masked[i] + 1) / 2),
        mask_image=Image.fromarray((edits.mask[i, 0].numpy() * 255).astype(np.uint8)),
        height=32,
        width=32,
        generator=edits.generator(i),
        output_type="np",
        **given,
    ).images[0]
    return torch.from_numpy(image).permute(2, 0, 1) * 2 - 1


CLASSES = {
    "sd": "StableDiffusionInpaintPipeline",
    "sdxl": "StableDiffusionXLInpaintPipeline",
    "flux": "FluxFillPipeline",
}


@pytest.mark.parametrize("kind", CLASSES)
def test_an_image_is_the_one_that_the_library_makes(kind, pipeline):
    edits = batch()
    made = editor(pipeline, kind, size=32).edit(edits)
    theirs = by_the_library(CLASSES[kind], pipeline(kind), edits, 1)
    # What Pillow's grey levels round away.
    torch.testing.assert_close(made[1], theirs, atol=0.01, rtol=0)


def test_a_control_net_sees_the_target_labels_in_colours(pipeline):
    edits = batch()
    made = controlled(pipeline, size=32, condition_scale=0.8).edit(edits)
    ade20k = np.array([(120, 120, 120), (80, 50, 50), (204, 70, 3)], np.uint8)
    control = diffusers.ControlNetModel.from_pretrained(pipeline("control"))
    theirs = by_the_library(
        "StableDiffusionControlNetInpaintPipeline",
        pipeline("sd"),
        edits,
        0,
        parts={"controlnet": control},
        control_image=Image.fromarray(ade20k[edits.labels[0].numpy()]),
        controlnet_conditioning_scale=0.8,
    )
    torch.testing.assert_close(made[0], theirs, atol=0.01, rtol=0)


def test_repaint_keeps_the_known_pixels(pipeline):
    edits = batch()
    made = repaint(pipeline).edit(edits)
    known = (1 - edits.mask).expand_as(made) > 0
    torch.testing.assert_close(made[known], edits.masked[known], atol=0.15, rtol=0)
    assert (made[~known] - edits.masked[~known]).abs().mean() > 0.1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"prompt": "{classes}"}, {"prompt": "fog"}),
        ({}, {"negative_prompt": "fog"}),
        ({}, {"guidance": 2.0}),
        ({}, {"steps": 3}),
        ({"strength": 1.0}, {"strength": 0.5}),
        ({}, {"scheduler": "EulerAncestralDiscreteScheduler"}),
        ({}, {"arguments": {"eta": 1.0}}),
    ],
)
def test_an_option_reaches_the_pipeline_and_the_record(one, other, pipeline):
    ours, others = (editor(pipeline, **options) for options in (one, other))
    assert (ours.edit(batch()) - others.edit(batch())).abs().max() > 1e-4


def test_an_edits_own_prompt_goes_before_the_template(pipeline):
    plain = editor(pipeline, prompt="a red chair").edit(batch())
    own = editor(pipeline).edit(batch(prompts=("a red chair", "a red chair")))
    assert torch.equal(plain, own)


@pytest.mark.parametrize("fit", ["resize", "pad"])
@pytest.mark.parametrize("size", [None, 48, [40, 56]])
def test_images_come_back_at_their_own_size(fit, size, pipeline):
    made = editor(pipeline, fit=fit, size=size).edit(batch(size=(20, 36)))
    assert made.shape == (2, 3, 20, 36)
    assert made.abs().max() <= 1


def test_an_even_larger_size_of_its_own_is_asked_of_the_pipeline(pipeline):
    sides = []
    one = editor(pipeline)
    held = memory.held(one.loading)
    held.vae.encoder.conv_in.register_forward_hook(
        lambda _, given, __: sides.append(given[0].shape)
    )
    one.edit(batch(size=(20, 36)))
    assert {tuple(shape[-2:]) for shape in sides} == {(32, 32)}


def test_a_size_that_it_does_not_take_fails_the_edit(pipeline):
    with pytest.raises(EditFailed, match=r"size: 33x33 pixels, but .* multiples of 2; set"):
        editor(pipeline, size=33).edit(batch())


def test_half_precision_gives_float32(pipeline):
    made = editor(pipeline, dtype="bfloat16").edit(batch())
    assert made.dtype == torch.float32
    assert (made - editor(pipeline).edit(batch())).abs().mean() < 0.1


def test_its_safety_checker_is_off_unless_it_is_asked_for(pipeline):
    assert editor(pipeline, "checked").identity["off"] == ["safety_checker"]
    assert editor(pipeline, "checked").edit(batch()).shape == (2, 3, 32, 32)
    with pytest.raises(EditFailed, match="safety checker refused the image"):
        editor(pipeline, "checked", safety_checker=True).edit(batch())


def test_one_pipeline_is_in_memory_at_a_time(pipeline):
    first, second = editor(pipeline), editor(pipeline, "sdxl")
    first.edit(batch(1))
    unet = weakref.ref(memory.held(first.loading).unet)
    second.edit(batch(1))
    gc.collect()
    assert unet() is None
    again = first.edit(batch(1))
    assert torch.equal(again, editor(pipeline).edit(batch(1)))


def test_methods_that_differ_in_words_share_one(pipeline):
    one, other = editor(pipeline), editor(pipeline, prompt="fog", steps=3, guidance=1.5)
    assert memory.held(one.loading) is memory.held(other.loading)
    other.close()
    one.edit(batch(1))


def test_a_record_knows_every_file_that_is_read(pipeline, tmp_path):
    folder = tmp_path / "copy"
    shutil.copytree(pipeline("sd"), folder)
    before = Diffusers(str(folder)).identity
    assert set(before["files"]) == {"vae", "text_encoder", "tokenizer", "unet", "scheduler"}
    assert before == Diffusers(pipeline("sd")).identity  # wherever it lies
    (folder / "README.md").write_text("words")
    assert Diffusers(str(folder)).identity == before
    weights = folder / "unet" / "diffusion_pytorch_model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(bytes(content))
    after = Diffusers(str(folder)).identity["files"]
    assert {part for part in after if after[part] != before["files"][part]} == {"unet"}


@pytest.mark.parametrize(
    ("kind", "options", "sentence"),
    [
        ("text", {}, "is no inpainting pipeline .* `pipeline: StableDiffusionInpaintPipeline`"),
        ("ddpm", {}, "DDPMPipeline is no inpainting pipeline"),
        ("sd", {"pipeline": "Nonsense"}, "unknown pipeline of the diffusers library 'Nonsense'"),
        ("sd", {"scheduler": "Nonsense"}, "unknown scheduler"),
        ("flux", {"negative_prompt": "fog"}, "negative_prompt: FluxFillPipeline takes no"),
        ("sd", {"arguments": {"etta": 1}}, "unknown argument .* 'etta'; did you mean 'eta'"),
        ("sd", {"arguments": {"height": 1}}, "arguments: height follows from the edit"),
        ("sd", {"steps": 0}, "steps: must be at least 1"),
        ("sd", {"strength": 1.5}, "strength: must be above 0"),
        ("sd", {"revision": "main"}, "is a folder, which has no revision"),
        ("sd", {"pipeline": "StableDiffusionControlNetInpaintPipeline"}, "paints by a ControlNet"),
        ("ddpm", {"controlnet": "control"}, "no class is known that paints with the parts of"),
        ("sd", {"controlnet": "sd"}, "controlnet: .* has no config.json"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_sentence(kind, options, sentence, pipeline):
    if "controlnet" in options:
        options = {"controlnet": pipeline(options["controlnet"])}
    with pytest.raises(BadInput, match=sentence) as refused:
        create_editor("diffusers", {"source": pipeline(kind), **options})
    assert "\n" not in str(refused.value)


def test_another_class_may_take_the_parts(pipeline):
    made = editor(pipeline, "text", pipeline="StableDiffusionInpaintPipeline").edit(batch())
    assert made.shape == (2, 3, 32, 32)


def test_a_class_without_a_colour_is_refused_before_anything_runs(pipeline):
    with pytest.raises(BadInput, match="colour map 'cityscapes' has no class 'floor', 'chair'"):
        controlled(pipeline, colours="cityscapes").check(task())
    controlled(pipeline).check(task())


def test_what_is_hashed_of_a_control_net_is_what_is_loaded(pipeline, tmp_path):
    halves = tmp_path / "control"
    network = diffusers.ControlNetModel.from_pretrained(pipeline("control"))
    network.half().save_pretrained(halves, variant="fp16")
    with pytest.raises(BadInput, match="its weights are there as fp16 alone; set `variant: fp16`"):
        editor(pipeline, controlnet=str(halves))
    one = editor(pipeline, controlnet=str(halves), variant="fp16")
    assert one.loading.controlnet_variant == "fp16"
    assert set(one.identity["controlnet"]["files"]) == {"network"}
    assert one.edit(batch(1)).shape == (1, 3, 32, 32)


def test_weights_that_can_hold_code_are_not_read(pipeline, tmp_path):
    folder = tmp_path / "old"
    shutil.copytree(pipeline("sd"), folder)
    weights = folder / "vae" / "diffusion_pytorch_model.safetensors"
    weights.rename(weights.with_suffix(".bin"))
    with pytest.raises(BadInput, match=r"can hold code, and no \.safetensors"):
        Diffusers(str(folder))


def test_weights_that_are_cut_off_are_found_before_anything_runs(pipeline, tmp_path):
    folder = tmp_path / "cut"
    shutil.copytree(pipeline("sd"), folder)
    weights = folder / "unet" / "diffusion_pytorch_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(BadInput, match="not a whole safetensors file"):
        Diffusers(str(folder))


def test_code_in_a_folder_is_not_run(pipeline, tmp_path):
    folder = tmp_path / "code"
    shutil.copytree(pipeline("sd"), folder)
    index = folder / "model_index.json"
    index.write_text(index.read_text().replace('"diffusers",\n    "UNet2D', '"mine",\n    "UNet2D'))
    with pytest.raises(BadInput, match="part 'unet' is a UNet2DConditionModel from 'mine'"):
        Diffusers(str(folder))


def test_its_weights_are_counted_without_being_loaded(pipeline):
    one = controlled(pipeline)
    counted = sum(parameter.numel() for parameter in one.network.parameters())
    assert memory.held(one.loading) is not None
    parts = memory.held(one.loading).components.values()
    networks = [part for part in parts if isinstance(part, torch.nn.Module)]
    assert counted == sum(p.numel() for part in networks for p in part.parameters())


SUITE = """
name: today
batch_size: 2
datasets:
  rooms: {dataset: procedural-rooms, size: 32, limit: 2}
tasks:
  - {dataset: rooms, protocol: freeform@1}
methods:
  - {name: here, editor: diffusers, options: {source: SD, steps: 1}}
  - {name: xl, editor: diffusers, options: {source: XL, steps: 2}}
  - {name: elsewhere, editor: diffusers, options: {source: nobody/has-this}}
metrics: [psnr]
"""


def test_a_run_has_rows_of_what_is_here_and_a_reason_for_the_rest(pipeline, tmp_path, monkeypatch):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    text = SUITE.replace("SD", pipeline("sd")).replace("XL", pipeline("sdxl"))
    suite = parse_suite(text, "today.yaml")
    outcome = run_suite(suite, out=tmp_path / "run", device="cpu", workers=1)
    assert (outcome.edits, outcome.failed) == (2, 0)
    run = read_run(tmp_path / "run")
    here, _, elsewhere = run.header.methods
    assert here.problem is None
    assert "nobody/has-this is not here; agree with --fetch" in elsewhere.problem
    assert set(here.record["identity"]["files"]) >= {"unet", "vae"}
    assert (run.costs.set_index("method")["parameters"][["here", "xl"]] > 1e4).all()
    again = run_suite(suite, out=tmp_path / "again", device="cpu", workers=1)
    assert again.failed == 0
    images = sorted((tmp_path / "run" / "predictions").rglob("*.png"))
    assert len(images) == 4
    for path in images:
        twin = tmp_path / "again" / path.relative_to(tmp_path / "run")
        assert path.read_bytes() == twin.read_bytes()
