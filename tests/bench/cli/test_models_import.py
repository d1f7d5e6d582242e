"""`siebench models import`: an official checkpoint becomes a weights file, or a sentence."""

from __future__ import annotations

import pytest
import torch

from baselines.checkpoints import read_card
from baselines.sesame import SESAMEConfig, SESAMEGenerator
from bench.plugins.kinds import SYSTEMS


@pytest.fixture
def imported(call):
    """`siebench models import ...`."""
    return lambda *arguments: call("models", "import", *arguments)


@pytest.fixture
def official(tmp_path):
    path = tmp_path / "latest_net_G.pth"
    network = SESAMEGenerator(SESAMEConfig(classes=3, ngf=2, hidden=4))
    torch.save(network.state_dict(), path)
    return path


def test_the_card_is_shown_and_written(imported, official, tmp_path):
    out = tmp_path / "sesame.safetensors"
    fields = ["--variant", "labels", "--field", "ngf=2", "--field", "hidden=4"]
    code, said, _ = imported("sesame", official, "--out", out, *fields, "--label-space", "rooms-3")
    assert code == 0
    assert "system: sesame" in said
    assert "variant: labels" in said
    assert "licence" in said
    assert read_card(out).label_space == "rooms-3"


def test_a_file_that_other_variants_would_fit_as_well_says_so(imported, official, tmp_path):
    out = tmp_path / "sesame.safetensors"
    fields = ["--variant", "labels", "--field", "ngf=2", "--field", "hidden=4"]
    _, said, _ = imported("sesame", official, "--out", out, *fields)
    # SESAME's Cityscapes weights see labels in the mask alone, those of ADE20K everywhere.
    note = "imported as 'labels'; 'labels everywhere', 'labels w PatchGAN' would fit as well"
    assert f"note: {note}" in " ".join(said.split())
    assert read_card(out).note.startswith(note)


def test_a_variant_whose_tensors_are_its_own_needs_no_note(imported, tmp_path):
    spade = SYSTEMS.get("spade")
    network = spade.build(spade.configure("labels", classes=3, ngf=2, hidden=4))
    torch.save(network.state_dict(), tmp_path / "latest_net_G.pth")
    out = tmp_path / "spade.safetensors"
    fields = ["--variant", "labels", "--field", "ngf=2", "--field", "hidden=4"]
    assert imported("spade", tmp_path / "latest_net_G.pth", "--out", out, *fields)[0] == 0
    assert read_card(out).note == ""


def test_what_differs_is_one_sentence_and_exit_code_2(imported, official, tmp_path):
    code, _, said = imported("sesame", official, "--out", tmp_path / "o.safetensors")
    assert code == 2
    assert "not the weights of sesame" in " ".join(said.split())
    assert not (tmp_path / "o.safetensors").exists()


def test_an_unknown_system_gets_the_nearest_name(imported, official, tmp_path):
    code, _, said = imported("sesam", official, "--out", tmp_path / "o.safetensors")
    assert code == 2
    assert "did you mean 'sesame'" in said


def test_a_field_without_a_value_is_named(imported, official, tmp_path):
    code, _, said = imported("sesame", official, "--out", tmp_path / "o", "--field", "ngf")
    assert code == 2
    assert "--field 'ngf' is not of the form NAME=VALUE" in said


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("classes=1000000000", "classes: 1000000000 is out of range"),
        ("classes=[1, {", "--field classes, line 1"),
        ("classes=*x", "--field classes, line 1"),
        ("classes={a: 1}", "classes: Input should be a valid integer"),
        ("classes=" + "9" * 5000, "--field classes, line 1: a number of 5,000 characters"),
        ("classes=.nan", "--field classes, line 1: .nan is not a finite number"),
        ("self=3", "self: Extra inputs are not permitted"),
        ("variant=3", "give --variant"),
    ],
)
def test_a_field_with_a_value_of_no_use_is_one_sentence(imported, official, tmp_path, value, said):
    out = tmp_path / "o.safetensors"
    code, _, err = imported(
        "sesame", official, "--out", out, "--variant", "labels", "--field", value
    )
    assert code == 2
    assert said in err
    assert err.count("\n") == 1


def test_a_key_leads_to_the_network(imported, official, tmp_path):
    state = torch.load(official)
    torch.save({"G": {"ema": state, "now": dict(state)}}, official)
    out = tmp_path / "sesame.safetensors"
    fields = ["--variant", "labels", "--field", "ngf=2", "--field", "hidden=4"]
    code, _, err = imported("sesame", official, "--out", out, *fields)
    assert code == 2
    assert "say which: --key G.ema or G.now" in err
    assert imported("sesame", official, "--out", out, *fields, "--key", "G.ema")[0] == 0


def test_a_system_without_an_importer_says_why(imported, official, tmp_path):
    code, _, said = imported("ssae", official, "--out", tmp_path / "o.safetensors")
    assert code == 2
    assert "system 'ssae' has no importer: its authors published no weights" in " ".join(
        said.split()
    )


def test_a_system_is_shown_with_its_paper_and_what_it_lacks(call):
    code, said, _ = call("models", "show", "sae")
    assert code == 0
    assert "NeurIPS 2020" in said
    assert "docs/protocol/generation.md, D" in said
    assert "no editor: " in said


def test_the_official_file_and_foreign_ones_are_not_overwritten(imported, official, tmp_path):
    content = official.read_bytes()
    fields = ["--variant", "labels", "--field", "ngf=2", "--field", "hidden=4"]
    code, _, err = imported("sesame", official, "--out", official, *fields)
    assert code == 2
    assert "is read by this very command" in err
    assert official.read_bytes() == content
    notes = tmp_path / "notes.txt"
    notes.write_text("sebench.card")
    assert imported("sesame", official, "--out", notes, *fields)[0] == 2
    assert notes.read_text() == "sebench.card"
    out = tmp_path / "own.safetensors"
    assert imported("sesame", official, "--out", out, *fields)[0] == 0
    assert imported("sesame", official, "--out", out, *fields)[0] == 0
    assert imported("sesame", official, "--out", notes, *fields, "--force")[0] == 0
