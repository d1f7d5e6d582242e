"""The loop: resumable to the same weights, honest about what goes wrong."""

import json

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch.nn.functional import interpolate

from baselines.checkpoints import read_card
from baselines.training import loop
from baselines.training.checkpoint import KEY
from baselines.training.config import TrainingData
from baselines.training.data import Examples, Scenes
from baselines.training.facts import known_recipe
from baselines.training.loop import CHECKPOINT, WEIGHTS, products_in_tf32, train
from baselines.training.progressive import ProgressiveRecipe
from baselines.training.segmenter import SegmenterRecipe
from bench.core.errors import BadInput
from bench.networks.segmenters.unet import load_segmenter, read_segmenter
from bench.networks.weights import weight_folders
from masks.packs.png import write_mask
from tests.baselines.training.tiny import SYSTEMS, tiny
from tests.bench.run.made_suite import write_data, write_scene


class KilledError(Exception):
    """What a test ends a run with."""


def killed_after(steps):
    def watch(done, total, losses):
        if done == steps:
            raise KilledError

    return watch


def weights(folder):
    return load_file(folder / WEIGHTS)


def equal(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_run_that_was_killed_and_resumed_ends_in_the_same_weights(system, tmp_path, monkeypatch):
    monkeypatch.setattr("baselines.training.segmenter.mean_iou", lambda *_: 0.5)
    # Rates fall from the second step on, so that a schedule that restarts would show.
    falling = {"generator": 1e-3, "discriminator": 2e-3, "betas": (0.5, 0.9), "constant": 0.25}
    config = tiny(system, optimisation=falling)
    train(config, tmp_path / "straight")
    with pytest.raises(KilledError):
        train(config, tmp_path / "killed", watch=killed_after(3))
    train(config, tmp_path / "killed", resume=True)
    assert equal(weights(tmp_path / "straight"), weights(tmp_path / "killed"))


@pytest.mark.parametrize("system", ["spmpgan", "ssae"])
def test_a_run_that_was_killed_before_its_weights_were_written_writes_them_when_resumed(
    system, tmp_path
):
    config = tiny(system)
    train(config, tmp_path)
    whole = weights(tmp_path)
    (tmp_path / WEIGHTS).unlink()
    train(config, tmp_path, resume=True)
    assert equal(weights(tmp_path), whole)


def test_snapshots_are_a_shorter_run_and_do_not_disturb_the_longer_one(tmp_path):
    steady = {"generator": 1e-3, "discriminator": 2e-3, "betas": (0.5, 0.9), "constant": 1.0}
    config = tiny("spmpgan", optimisation=steady, ema=0.5)
    train(config, tmp_path / "straight")
    train(config.model_copy(update={"steps": 2}), tmp_path / "short")
    snapshots = {2: tmp_path / "kept" / "after-2.safetensors"}
    train(config, tmp_path / "kept", snapshots=snapshots)
    assert equal(load_file(snapshots[2]), weights(tmp_path / "short"))
    assert equal(weights(tmp_path / "kept"), weights(tmp_path / "straight"))
    said = [
        known_recipe(file, read_card(file)) for file in (snapshots[2], tmp_path / "kept" / WEIGHTS)
    ]
    counted = [[one[name] for name in ("steps", "length", "examples", "ema")] for one in said]
    assert counted == [[2, 4, 4, 0.5], [4, None, 8, 0.5]]
    assert said[0]["scenes"] == said[1]["scenes"]
    assert {one["device"] for one in said} == {"cpu"}


def test_training_moves_every_player_and_another_seed_elsewhere(tmp_path):
    found = []
    for seed in (0, 1):
        train(tiny("spmpgan", seed=seed), tmp_path / str(seed))
        found.append(weights(tmp_path / str(seed)))
    assert not equal(*found)


def test_more_steps_may_be_added_to_a_finished_run(tmp_path):
    train(tiny("spmpgan", steps=2), tmp_path / "grown")
    train(tiny("spmpgan", steps=4), tmp_path / "grown", resume=True)
    train(tiny("spmpgan", steps=4), tmp_path / "straight")
    assert equal(weights(tmp_path / "grown"), weights(tmp_path / "straight"))


def test_bf16_trains_without_a_change(tmp_path):
    seen = {}
    config = tiny("divsem", precision="bf16-mixed", steps=2)
    train(config, tmp_path, watch=lambda done, total, losses: seen.update(losses))
    assert seen
    assert all(value == value for value in seen.values())
    assert all(value.dtype != torch.bfloat16 for value in weights(tmp_path).values())


def test_a_diverged_run_stops_with_a_sentence_and_keeps_its_last_checkpoint(tmp_path):
    train(tiny("spmpgan", steps=2), tmp_path)
    before = (tmp_path / CHECKPOINT).read_bytes()

    class Poisoned(loop.Examples):
        def example(self, number):
            found = super().example(number)
            # A learning rate that is far too high would do the same, later.
            object.__setattr__(found, "image", found.image.astype("float32") * float("nan"))
            return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "Examples", Poisoned)
        with pytest.raises(BadInput, match=r"diverged at step 3: .*no longer finite.*is kept"):
            train(tiny("spmpgan"), tmp_path, resume=True)
    assert (tmp_path / CHECKPOINT).read_bytes() == before
    train(tiny("spmpgan"), tmp_path, resume=True)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (torch.OutOfMemoryError("CUDA out of memory"), "cpu has too little memory; lower batch"),
        (RuntimeError("CUDA error: unspecified launch failure"), "cpu failed .CUDA error"),
    ],
)
def test_a_device_that_fails_in_the_middle_keeps_the_last_checkpoint(
    fault, said, tmp_path, monkeypatch
):
    """A stand-in raises what a full or broken device does."""
    taken = ProgressiveRecipe.step

    def step(self, batch, step):
        if step == 3:
            raise fault
        return taken(self, batch, step)

    with monkeypatch.context() as patch:
        patch.setattr(ProgressiveRecipe, "step", step)
        with pytest.raises(BadInput, match=f"training with 2 examples a step: {said}.*--resume"):
            train(tiny("spmpgan"), tmp_path)
    train(tiny("spmpgan"), tmp_path, resume=True)
    train(tiny("spmpgan"), tmp_path / "straight")
    assert equal(weights(tmp_path), weights(tmp_path / "straight"))


def test_a_device_that_fails_while_the_weights_are_written_costs_no_step(tmp_path, monkeypatch):
    def save(self, out, *, half):
        raise torch.OutOfMemoryError("CUDA out of memory")

    with monkeypatch.context() as patch:
        patch.setattr(ProgressiveRecipe, "save", save)
        with pytest.raises(BadInput, match=r"cpu has too little memory; lower batch.*--resume"):
            train(tiny("spmpgan"), tmp_path)
    steps = []
    train(tiny("spmpgan"), tmp_path, resume=True, watch=lambda done, *_: steps.append(done))
    assert steps == []
    assert weights(tmp_path)


def test_a_network_that_the_device_cannot_hold_ends_a_training_in_one_sentence(
    tmp_path, monkeypatch
):
    def setup(self, fabric, steps):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(ProgressiveRecipe, "setup", setup)
    with pytest.raises(BadInput, match="2 examples a step: cpu has too little memory; lower batch"):
        train(tiny("spmpgan"), tmp_path)


def test_a_checkpoint_of_another_configuration_is_refused_with_the_field(tmp_path):
    train(tiny("spmpgan"), tmp_path)
    with pytest.raises(BadInput, match=r"another configuration \(seed: 0 against 5\)"):
        train(tiny("spmpgan", seed=5), tmp_path, resume=True)


def from_files(folder, steps):
    """A training whose scenes and masks lie in a folder."""
    config = tiny("spmpgan", steps=steps)
    masks = {"protocol": "predefined@1", "parameters": {"folder": str(folder / "masks")}}
    files = {"dataset": "folder", "subset": None, "path": folder / "rooms", "count": None}
    data = {**config.data.model_dump(), **files, "masks": (masks,)}
    return config.model_copy(update={"data": TrainingData(**data)})


@pytest.fixture
def begun(tmp_path):
    """Such a folder, with two steps of a training from it."""
    write_data(tmp_path / "here" / "rooms", 3)
    for number in range(3):
        mask = np.tri(16, k=number, dtype=bool)
        write_mask(tmp_path / "here" / "masks" / f"scene{number}.png", mask)
    train(from_files(tmp_path / "here", 2), tmp_path / "run")
    return tmp_path / "here"


def test_a_training_goes_on_after_its_data_and_masks_were_moved(tmp_path, begun):
    moved = begun.rename(tmp_path / "elsewhere")
    assert train(from_files(moved, 3), tmp_path / "run", resume=True).steps == 3


def test_a_training_does_not_go_on_with_other_scenes_or_masks_under_the_same_names(tmp_path, begun):
    before = (tmp_path / "run" / CHECKPOINT).read_bytes()
    mask = begun / "masks" / "scene0.png"
    kept = mask.read_bytes()
    write_mask(mask, np.eye(16, dtype=bool))
    with pytest.raises(BadInput, match=r"other files than are here now \(data\.0\.masks\.0\."):
        train(from_files(begun, 3), tmp_path / "run", resume=True)
    mask.write_bytes(kept)
    write_scene(begun / "rooms", "scene1", 8)
    with pytest.raises(
        BadInput, match=r"now \(data\.0\.scenes\.fingerprint: .{12} against .{12}\)"
    ):
        train(from_files(begun, 3), tmp_path / "run", resume=True)
    assert (tmp_path / "run" / CHECKPOINT).read_bytes() == before


def test_a_checkpoint_of_before_its_files_were_known_goes_on_from_the_same_paths(tmp_path, begun):
    path = tmp_path / "run" / CHECKPOINT
    with safe_open(path, framework="pt") as archive:
        record = json.loads(archive.metadata()[KEY])
    del record["contents"]
    save_file(load_file(path), path, {KEY: json.dumps(record)})
    moved = begun.rename(tmp_path / "elsewhere")
    with pytest.raises(BadInput, match=r"another configuration \(data\.masks"):
        train(from_files(moved, 3), tmp_path / "run", resume=True)
    moved.rename(begun)
    assert train(from_files(begun, 3), tmp_path / "run", resume=True).steps == 3


def test_a_folder_with_a_run_in_it_is_not_overwritten(tmp_path):
    train(tiny("spmpgan", steps=2), tmp_path)
    with pytest.raises(BadInput, match="a run is here already; give --resume"):
        train(tiny("spmpgan", steps=2), tmp_path)
    (tmp_path / CHECKPOINT).unlink()
    with pytest.raises(BadInput, match=r"weights\.safetensors: is there already, without the"):
        train(tiny("spmpgan", steps=2), tmp_path)


def test_a_truncated_checkpoint_is_refused(tmp_path):
    train(tiny("spmpgan", steps=2), tmp_path)
    path = tmp_path / CHECKPOINT
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(BadInput, match="not a whole checkpoint"):
        train(tiny("spmpgan"), tmp_path, resume=True)


def test_a_checkpoint_that_cannot_be_written_leaves_the_earlier_one(tmp_path, monkeypatch):
    train(tiny("spmpgan", steps=2), tmp_path)
    before = (tmp_path / CHECKPOINT).read_bytes()

    def full(self, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_bytes", full)
    with pytest.raises(BadInput, match="No space left on device"):
        train(tiny("spmpgan"), tmp_path, resume=True)
    monkeypatch.undo()
    assert (tmp_path / CHECKPOINT).read_bytes() == before


@pytest.mark.parametrize("system", ["spmpgan", "spade", "him", "siedob"])
def test_looking_at_a_run_does_not_change_it(system, tmp_path):
    pytest.importorskip("tensorboard", reason="TensorBoard is not installed")
    for name, shown in (("alone", False), ("shown", True)):
        train(tiny(system, picture=1), tmp_path / name, log=shown)
    assert equal(weights(tmp_path / "alone"), weights(tmp_path / "shown"))


def test_losses_and_images_go_to_tensorboard(tmp_path):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    train(tiny("sesame", picture=2), tmp_path)
    log = EventAccumulator(str(tmp_path / "tensorboard"))
    log.Reload()
    assert [event.step for event in log.Scalars("loss/discriminator")] == [1, 2, 3, 4]
    assert any(tag.startswith("output") for tag in log.Tags()["images"])


@pytest.mark.parametrize("system", ["spmpgan", "segmenter"])
def test_training_lowers_the_loss_that_it_is_given(system, tmp_path, monkeypatch):
    monkeypatch.setattr("baselines.training.segmenter.mean_iou", lambda *_: 0.5)
    losses = []
    weights = {} if system == "segmenter" else {"l1": 1}
    plan = {"generator": 1e-2, "discriminator": 1e-3, "betas": (0.5, 0.9)}
    config = tiny(system, steps=100, weights=weights, optimisation=plan, checkpoint=100)
    name = "cross_entropy" if system == "segmenter" else "l1"
    train(config, tmp_path, watch=lambda done, total, found: losses.append(found[name]))
    assert sum(losses[-8:]) < 0.8 * sum(losses[:8])


def test_the_segmenters_features_take_part_where_they_are_asked_for(tmp_path, monkeypatch):
    monkeypatch.setattr("baselines.training.segmenter.mean_iou", lambda *_: 0.5)
    trained = weight_folders()[0] / "none-in-tests.safetensors"
    saved = train(tiny("segmenter", steps=2), tmp_path / "segmenter", weights=trained).saved
    loaded = []
    monkeypatch.setattr(
        "baselines.training.perceptual.load_segmenter",
        lambda: loaded.append(load_segmenter()) or loaded[-1],
    )
    seen, looks = [], []
    for system, losses in (("spmpgan", {"perceptual": 10, "style": 1}), ("sesame", {"style": 1})):
        config = tiny(system, steps=2, weights={"l1": 1, **losses, "through": "segmenter"})
        done = train(config, tmp_path / system, watch=lambda _, __, found: seen.append(found))
        looks.append(done.facts.perceptual)
    assert len(seen) == 4
    assert all(losses["style"] > 0 for losses in seen)
    assert all(losses["perceptual"] > 0 for losses in seen[:2])
    assert looks == [{"network": "segmenter", "tensors_sha256": saved.tensors_sha256}] * 2
    assert len(loaded) == 2  # once a training, for its losses and for the hash


def test_the_segmenters_second_phase_adds_the_jaccard_loss_at_a_third_of_the_rate(
    tmp_path, monkeypatch
):
    monkeypatch.setattr("baselines.training.segmenter.mean_iou", lambda *_: 0.5)
    rates, seen = [], []
    monkeypatch.setattr(SegmenterRecipe, "set_rates", lambda self, factor: rates.append(factor))
    optimisation = {"generator": 1, "discriminator": 1, "betas": (0.9, 0.999), "constant": 0}
    config = tiny("segmenter", steps=6, phases=(2 / 3, 1 / 3), optimisation=optimisation)
    train(config, tmp_path, watch=lambda _, __, losses: seen.append(sorted(losses)))
    assert rates == pytest.approx([1, 3 / 4, 2 / 4, 1 / 4, 1 / 3, 1 / 6])
    assert seen == [["cross_entropy"]] * 4 + [["cross_entropy", "jaccard"]] * 2


def test_the_segmenters_statistics_are_the_means_over_batches_of_each_domain(tmp_path, monkeypatch):
    monkeypatch.setattr("baselines.training.segmenter.mean_iou", lambda *_: 0.5)
    monkeypatch.setattr("baselines.training.segmenter.MEASURED", 4)
    config = tiny("segmenter", steps=2)
    network = read_segmenter(train(config, tmp_path).saved.path)
    first = network.down[0]
    for place, name in enumerate(network.config.domains):
        examples = Examples(config.data, config.seed, Scenes(config.data, name))
        means = []
        for visit in range(4):
            drawn = [examples.example(n).image for n in (2 * visit, 2 * visit + 1)]
            x = torch.from_numpy(np.stack(drawn)).permute(0, 3, 1, 2) / 127.5 - 1
            if visit == 0:  # every fourth visit is at half resolution
                small = interpolate(x, (8, 8), mode="bilinear", antialias=True)
                x = interpolate(small, (16, 16), mode="bilinear")
            means.append(first.conv1(x).mean((0, 2, 3)))
        torch.testing.assert_close(
            first.norm1.mean[place], torch.stack(means).mean(0), rtol=0.01, atol=2e-3
        )


def test_products_are_in_tf32_while_a_card_trains_and_not_after(monkeypatch):
    before = torch.get_float32_matmul_precision()
    with products_in_tf32():  # no card: nothing changes
        assert torch.get_float32_matmul_precision() == before
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    with products_in_tf32():
        assert torch.get_float32_matmul_precision() == "high"
    assert torch.get_float32_matmul_precision() == before
