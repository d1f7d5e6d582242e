"""Weights files: folded, whole or not at all, named by the tensors that are stored."""

import pytest
import torch
from pydantic import BaseModel, ValidationError
from safetensors.torch import load_file
from torch import nn
from torch.nn.utils import spectral_norm

from baselines.checkpoints.card import Card
from baselines.checkpoints.loading import read_card
from baselines.checkpoints.writing import EXTRA, save_network, state_hash
from bench.core.errors import BadInput


class Form(BaseModel):
    width: int = 3


def save(network, path, **changes):
    facts = {"system": "spade", "variant": "labels", "source": "a test", "licence": "none"}
    return save_network(network, Form(), path, **{**facts, **changes})


def test_spectral_norm_is_folded_into_what_the_network_computes(tmp_path):
    torch.manual_seed(0)
    network = nn.Sequential(spectral_norm(nn.Linear(3, 3)))
    for _ in range(20):
        network(torch.ones(1, 3))
    save(network.eval(), tmp_path / "w.safetensors")
    stored = load_file(tmp_path / "w.safetensors")
    assert set(stored) == {"0.weight", "0.bias"}
    expected = network(torch.ones(1, 3))
    found = torch.ones(1, 3) @ stored["0.weight"].t() + stored["0.bias"]
    torch.testing.assert_close(found, expected)


def test_the_hash_is_over_what_is_stored(tmp_path):
    network = nn.Linear(3, 2)
    whole = save(network, tmp_path / "w.safetensors")
    half = save(network, tmp_path / "h.safetensors", half=True)
    assert whole.tensors_sha256 != half.tensors_sha256
    assert half.tensors_sha256 == state_hash(load_file(tmp_path / "h.safetensors"))
    assert read_card(tmp_path / "h.safetensors") == half


def test_tensors_beside_the_network_have_their_prefix_and_no_part_in_its_hash(tmp_path):
    network = nn.Linear(3, 2)
    plain = save(network, tmp_path / "w.safetensors")
    more = save(network, tmp_path / "x.safetensors", extras={"bank": torch.ones(2)})
    assert plain.tensors_sha256 == more.tensors_sha256
    assert EXTRA + "bank" in load_file(tmp_path / "x.safetensors")


def test_a_card_has_no_other_fields():
    facts = {"system": "a", "variant": "b", "config": {}, "source": "c", "licence": "d"}
    with pytest.raises(ValidationError, match="note2"):
        Card(**facts, tensors_sha256="e", note2="f")


def test_only_the_card_of_a_network_that_was_trained_here_says_how(tmp_path):
    """Former versions, which know no such field, read the cards of all others."""
    network = nn.Linear(3, 2)
    assert "training" not in save(network, tmp_path / "w.safetensors").model_dump()
    save(network, tmp_path / "t.safetensors", training={"steps": 3})
    assert read_card(tmp_path / "t.safetensors").training == {"steps": 3}


def test_a_network_that_diverged_is_not_written(tmp_path):
    network = nn.Linear(3, 2)
    network.weight.data[0, 0] = float("nan")
    with pytest.raises(BadInput, match=r"not written, because parameters 1 not finite: weight"):
        save(network, tmp_path / "w.safetensors")
    assert not (tmp_path / "w.safetensors").exists()
