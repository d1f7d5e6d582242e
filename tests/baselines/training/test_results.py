"""What a run ends with is what the adapters load."""

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
from baselines.training.data import Examples, collate
from baselines.training.loop import WEIGHTS, train
from baselines.training.restyling import region_masks
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
