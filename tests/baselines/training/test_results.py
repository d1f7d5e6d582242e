"""What a run ends with is what the adapters load."""

import json

import pytest
import torch

from baselines.adapters.divsem import DivSemEditor
from baselines.adapters.sean import SEANEditor
from baselines.adapters.sesame import SESAMEEditor
from baselines.adapters.siedob import SIEDOBEditor
from baselines.adapters.spade import SPADEEditor
from baselines.adapters.spmpgan import SPMPGANEditor
from baselines.adapters.ssae import SSAEEditor
from baselines.checkpoints import load_network
from baselines.training import zoo
from baselines.training.data import Examples, collate
from baselines.training.loop import WEIGHTS, train
from baselines.training.restyling import region_masks
from bench.networks.segmenters.unet import segmenter_file
from tests.baselines.training.tiny import tiny

EDITORS = {
    "divsem": DivSemEditor,
    "sean": SEANEditor,
    "sesame": SESAMEEditor,
    "siedob": SIEDOBEditor,
    "spade": SPADEEditor,
    "spmpgan": SPMPGANEditor,
    "ssae": SSAEEditor,
}


def batch_of(config):
    examples = Examples(config.data, 0)
    return collate([examples.example(n) for n in range(2)], examples.space, torch.device("cpu"))


@pytest.mark.parametrize("system", sorted(EDITORS))
@pytest.mark.parametrize("half", [False, True])
def test_an_adapter_edits_with_what_was_trained(system, half, tmp_path):
    config = tiny(system, steps=2)
    train(config, tmp_path, half=half)
    batch = batch_of(config)
    if system == "ssae":
        object.__setattr__(batch, "regions", ("hair", "skin"))
    raw = EDITORS[system](str(tmp_path / WEIGHTS)).edit(batch)
    assert raw.shape == batch.masked.shape
    assert raw.dtype == torch.float32
    assert torch.isfinite(raw).all()


@pytest.mark.parametrize("variant", ["SPADE++", "ResBlk-level encoders"])
def test_seans_ablations_are_trained_and_edit_with_their_mean_codes(variant, tmp_path):
    config = tiny("sean", variant=variant, steps=1)
    train(config, tmp_path, half=True)
    loaded = load_network("sean", tmp_path / WEIGHTS, variant=variant)
    codes = loaded.extras["mean_codes"]
    assert codes.shape == (loaded.network.config.classes, loaded.network.config.code_length)
    batch = batch_of(config)
    raw = SEANEditor(str(tmp_path / WEIGHTS), variant=variant).edit(batch)
    assert raw.shape == batch.masked.shape
    assert torch.isfinite(raw).all()


def test_divsems_bank_has_vectors_of_every_class_that_the_scenes_show(tmp_path):
    config = tiny("divsem", steps=2)
    train(config, tmp_path)
    extras = load_network("divsem", tmp_path / WEIGHTS).extras
    examples = Examples(config.data, 0)
    shown = {int(k) for n in range(len(examples)) for k in set(examples.example(n).labels.flat)}
    assert set(extras["style_bank_classes"].tolist()) == shown - {-1}
    assert extras["style_bank"].shape == (len(extras["style_bank_classes"]), 4)


def test_seans_mean_codes_are_known_for_the_classes_that_the_scenes_show(tmp_path):
    config = tiny("sean", steps=2)
    train(config, tmp_path)
    loaded = load_network("sean", tmp_path / WEIGHTS)
    known, codes = loaded.extras["mean_codes_known"], loaded.extras["mean_codes"]
    assert known.any()
    assert codes[known].abs().sum(1).min() > 0
    assert not codes[~known].any()


def test_the_regions_of_a_face_are_unions_of_their_classes():
    batch = batch_of(tiny("ssae"))
    masks = region_masks(batch)
    names = batch.space.classes
    assert list(masks) == ["hair", "skin", "nose", "eyes", "mouth"]
    hair = (batch.labels == names.index("hair")).float().unsqueeze(1)
    assert torch.equal(masks["hair"], hair)


def test_a_zoo_model_comes_with_a_card_and_goes_on_where_it_stopped(tmp_path, monkeypatch):
    shipped = tmp_path / "tiny.yaml"
    shipped.write_text(tiny("sesame").model_dump_json())
    monkeypatch.setattr(zoo, "MODELS", {"sesame-procedural": zoo.Model(str(shipped))})
    arguments = ["sesame-procedural", "--out", str(tmp_path / "zoo"), "--runs", str(tmp_path)]
    assert zoo.main([*arguments, "--steps", "2"]) == 0
    assert zoo.main([*arguments, "--steps", "3"]) == 0
    card = json.loads((tmp_path / "zoo" / "sesame-procedural.json").read_text())
    assert (card["steps"], card["seed"], card["scores"]) == (3, 0, {})
    assert card["machine"]["device"] == "cpu"
    assert card["data"][0]["dataset"] == "procedural-rooms"
    weights = load_network("sesame", tmp_path / "zoo" / "sesame-procedural.safetensors")
    assert weights.card.tensors_sha256 == card["tensors_sha256"]


def test_all_passes_over_a_model_that_is_there_and_trains_it_again_for_another_length(
    tmp_path, monkeypatch, capsys
):
    shipped = tmp_path / "tiny.yaml"
    shipped.write_text(tiny("sesame").model_dump_json())
    monkeypatch.setattr(zoo, "MODELS", {"sesame-procedural": zoo.Model(str(shipped))})
    arguments = ["all", "--out", str(tmp_path / "zoo"), "--runs", str(tmp_path)]
    assert zoo.main([*arguments, "--steps", "1"]) == 0
    made = (tmp_path / "zoo" / "sesame-procedural.safetensors").stat().st_mtime_ns
    assert zoo.main([*arguments, "--steps", "1"]) == 0
    assert "sesame-procedural: is there" in capsys.readouterr().out
    assert (tmp_path / "zoo" / "sesame-procedural.safetensors").stat().st_mtime_ns == made
    assert zoo.main([*arguments, "--steps", "2"]) == 0
    assert (tmp_path / "zoo" / "sesame-procedural.safetensors").stat().st_mtime_ns > made


def test_a_card_names_the_network_that_the_perceptual_loss_looked_through(tmp_path, monkeypatch):
    shipped = tmp_path / "tiny.yaml"
    weights = {"l1": 1, "perceptual": 10, "through": "segmenter"}
    shipped.write_text(tiny("spmpgan", weights=weights).model_dump_json())
    monkeypatch.setattr(zoo, "MODELS", {"mine": zoo.Model(str(shipped))})
    monkeypatch.setattr("bench.networks.segmenters.unet.FILE", "segmenter-procedural.safetensors")
    out = ["--out", str(tmp_path / "zoo"), "--runs", str(tmp_path)]
    assert zoo.main(["mine", "--steps", "1", *out]) == 0
    card = json.loads((tmp_path / "zoo" / "mine.json").read_text())
    beside = segmenter_file().with_suffix(".json").read_text()
    assert card["perceptual"] == {
        "network": "segmenter",
        "tensors_sha256": json.loads(beside)["tensors_sha256"],
    }


def test_the_zoos_errors_are_one_sentence_and_exit_code_two(tmp_path, capsys):
    arguments = ["spade-procedural", "--steps", "1", "--out", str(tmp_path), "--runs"]
    assert zoo.main([*arguments, str(tmp_path)]) == 2
    assert "the segmenter of the procedural scenes is not here" in capsys.readouterr().err
