"""Weights files are checked before they are used."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from baselines.checkpoints import load_network, read_card, save_network
from baselines.checkpoints.loading import locate
from baselines.checkpoints.writing import state_hash
from baselines.sesame import SESAMEConfig, SESAMEGenerator
from bench.core.errors import BadInput, Unavailable

CONFIG = SESAMEConfig(classes=3, ngf=2, hidden=4)


@pytest.fixture
def file(tmp_path):
    torch.manual_seed(0)
    save_network(
        SESAMEGenerator(CONFIG),
        CONFIG,
        tmp_path / "w.safetensors",
        system="sesame",
        variant="labels",
        source="trained in a test",
        licence="Apache-2.0",
        extras={"mean_codes": torch.ones(2)},
    )
    return tmp_path / "w.safetensors"


def test_a_saved_network_comes_back_for_inference(file):
    loaded = load_network("sesame", file)
    assert not loaded.network.training
    assert not any(p.requires_grad for p in loaded.network.parameters())
    assert loaded.extras["mean_codes"].tolist() == [1, 1]
    assert loaded.identity["weights"] == read_card(file).tensors_sha256


def test_saving_twice_gives_the_same_identity(file, tmp_path):
    network = load_network("sesame", file).network
    card = save_network(
        network,
        CONFIG,
        tmp_path / "again.safetensors",
        system="sesame",
        variant="labels",
        source="a copy",
        licence="Apache-2.0",
    )
    assert card.tensors_sha256 == read_card(file).tensors_sha256


def test_another_system_or_variant_is_named(file):
    with pytest.raises(BadInput, match="system: holds 'sesame', expected 'sean'"):
        load_network("sean", file)
    with pytest.raises(BadInput, match="variant: holds 'labels', expected 'ade20k'"):
        load_network("sesame", file, variant="ade20k")


def test_a_missing_and_a_truncated_file_are_sentences(file, tmp_path):
    with pytest.raises(BadInput, match="no such weights file"):
        read_card(tmp_path / "nothing.safetensors")
    file.write_bytes(file.read_bytes()[:1000])
    with pytest.raises(BadInput, match="not a whole safetensors file"):
        load_network("sesame", file)


def test_a_file_without_a_card_says_how_to_make_one(tmp_path):
    save_file({"a": torch.ones(1)}, tmp_path / "plain.safetensors")
    with pytest.raises(BadInput, match="siebench models import"):
        read_card(tmp_path / "plain.safetensors")


def test_tensors_that_do_not_fit_the_card_are_refused(file, tmp_path):
    card = read_card(file).model_dump_json()
    save_file({"a": torch.ones(1)}, tmp_path / "x.safetensors", {"sebench.card": card})
    with pytest.raises(BadInput, match=r"does not fit its card.*missing.*not part of this network"):
        load_network("sesame", tmp_path / "x.safetensors")


def test_tensors_that_were_changed_after_the_card_was_written_are_refused(file, tmp_path):
    with safe_open(file, framework="pt") as archive:
        tensors = {name: archive.get_tensor(name) for name in archive.keys()}  # noqa: SIM118
    next(iter(tensors.values())).view(-1)[0] += 1
    save_file(
        tensors, tmp_path / "x.safetensors", {"sebench.card": read_card(file).model_dump_json()}
    )
    with pytest.raises(BadInput, match="not those that its card names"):
        load_network("sesame", tmp_path / "x.safetensors")


def test_other_codes_beside_the_same_network_are_another_method(file, tmp_path):
    loaded = load_network("sesame", file)
    card = save_network(
        loaded.network,
        CONFIG,
        tmp_path / "other.safetensors",
        system="sesame",
        variant="labels",
        source="a copy",
        licence="Apache-2.0",
        extras={"mean_codes": torch.zeros(2)},
    )
    other = load_network("sesame", tmp_path / "other.safetensors")
    assert card.tensors_sha256 == loaded.card.tensors_sha256
    assert other.identity["extras"] != loaded.identity["extras"]


def test_a_bare_name_is_looked_for_among_the_weights(tmp_path, monkeypatch):
    monkeypatch.setenv("SIEBENCH_WEIGHTS", str(tmp_path))
    (tmp_path / "mine.safetensors").touch()
    assert locate(Path("mine.safetensors")) == tmp_path / "mine.safetensors"
    with pytest.raises(
        Unavailable, match=r"other\.safetensors: no such weights file.*models import"
    ):
        locate(Path("other.safetensors"))


def test_a_named_folder_that_is_not_there_does_not_give_way_to_the_zoo(tmp_path, monkeypatch):
    shipped = Path("spade-procedural.safetensors")
    monkeypatch.setenv("SIEBENCH_WEIGHTS", str(tmp_path))
    assert locate(shipped).name == shipped.name
    lost = tmp_path / "after-500"
    monkeypatch.setenv("SIEBENCH_WEIGHTS", os.pathsep.join([str(lost), str(tmp_path)]))
    with pytest.raises(BadInput, match="after-500: no such folder, so the spade-procedural"):
        locate(shipped)
    (tmp_path / shipped).touch()
    assert locate(shipped) == tmp_path / shipped


def test_a_missing_network_of_the_zoo_names_the_command_that_trains_it(tmp_path, monkeypatch):
    monkeypatch.setenv("SIEBENCH_WEIGHTS", str(tmp_path))
    with pytest.raises(Unavailable, match=r"zoo train --models no-procedural --out \.` makes one"):
        locate(Path("no-procedural.safetensors"))
    command = r"zoo train --models no-procedural --seeds 2 --out seeds` makes one"
    with pytest.raises(Unavailable, match=command):
        locate(Path("seeds/no-procedural-seed2.safetensors"))


def test_missing_weights_name_the_command_that_makes_them_for_their_system(tmp_path, monkeypatch):
    monkeypatch.setenv("SIEBENCH_WEIGHTS", str(tmp_path))
    with pytest.raises(Unavailable, match=r"import sean OFFICIAL_FILE --out faces\.safetensors`"):
        load_network("sean", Path("faces.safetensors"))
    with pytest.raises(
        Unavailable, match="ssae cannot be imported; `siebench train ssae` makes one"
    ):
        load_network("ssae", Path("faces.safetensors"))


def rewritten(file, out, *, card=None, **tensors):
    """The weights file with other tensors, or another card, whose hash is right again."""
    stored = {**load_file(file), **tensors}
    stored = {name: value for name, value in stored.items() if value is not None}
    own = {name: value for name, value in stored.items() if not name.startswith("extra.")}
    facts = {**read_card(file).model_dump(), "tensors_sha256": state_hash(own), **(card or {})}
    save_file(stored, out, {"sebench.card": json.dumps(facts)})
    return out


def first_weight(file):
    return next(name for name, value in load_file(file).items() if value.dim() == 4)


def test_the_right_hash_does_not_excuse_a_wrong_shape(file, tmp_path):
    name = first_weight(file)
    bad = rewritten(file, tmp_path / "x.safetensors", **{name: torch.ones(1, 1, 3, 3)})
    with pytest.raises(BadInput, match=r"does not fit its card; .*is \[1, 1, 3, 3\], expected"):
        load_network("sesame", bad)


def test_the_right_hash_does_not_excuse_integers_and_numbers_that_are_not_finite(file, tmp_path):
    name = first_weight(file)
    weight = load_file(file)[name]
    bad = rewritten(file, tmp_path / "x.safetensors", **{name: weight.long()})
    with pytest.raises(BadInput, match="is int64, expected float32"):
        load_network("sesame", bad)
    bad = rewritten(file, tmp_path / "y.safetensors", **{name: weight.log()})
    with pytest.raises(BadInput, match=r"not finite: .*NaN"):
        load_network("sesame", bad)


@pytest.mark.parametrize(
    "config",
    [
        {"classes": "many"},
        {"classes": 10**9},
        {"classes": 3, "width": 1},
        {"classes": 3, "variant": "x"},
        {},
    ],
)
def test_a_card_whose_configuration_is_none_is_one_sentence(file, tmp_path, config):
    bad = rewritten(file, tmp_path / "x.safetensors", card={"config": config})
    with pytest.raises(BadInput, match=r"x\.safetensors: .*(configuration|fit its card)"):
        load_network("sesame", bad)


@pytest.mark.parametrize(
    "text",
    ["", "no JSON", "[]", "3", "{}", "[" * 100_000, '{"a":' * 5000, '{"format": NaN}', "\\ud800"],
)
def test_a_card_that_is_none_is_one_sentence(tmp_path, text):
    save_file({"a": torch.ones(1)}, tmp_path / "x.safetensors", {"sebench.card": text})
    with pytest.raises(BadInput, match=r"x\.safetensors: its card cannot be read") as refused:
        load_network("sesame", tmp_path / "x.safetensors")
    assert "\n" not in str(refused.value)


def test_a_folder_of_that_name_is_no_weights_file(tmp_path):
    (tmp_path / "w.safetensors").mkdir()
    with pytest.raises(BadInput, match="no such weights file"):
        read_card(tmp_path / "w.safetensors")
