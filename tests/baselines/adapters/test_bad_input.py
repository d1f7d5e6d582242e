"""What a suite cannot mean is refused before anything is raw: one sentence, exit code 2."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import masks
from bench.cli import main
from bench.datasets import Fit, open_dataset
from bench.suite.schema import parse_suite

WIDTHS = {"ngf": 2, "hidden": 4}
SEAN = {**WIDTHS, "style_length": 6, "encoder_width": 2}
PIX = {"ngf": 2, "downsamplings": 2, "blocks": 1}
HIM = {**PIX, "size": 64, "layout": False}
STYLED = {"size": 32, "ngf": 2, "hidden": 4, "style": 6}
STYLED |= {"style_widths": (4,) * 6, "style_decoder": (4,) * 4}
ROOMS = len(open_dataset("procedural-rooms", None, count=1).space)
SUITE = """\
name: tiny
batch_size: 2
datasets: {rooms: {dataset: procedural-rooms, size: 64, limit: 2}}
tasks: [{dataset: rooms, protocol: box@1}]
methods: [METHOD]
metrics: [l1]
"""


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """`run(editor, options, {old: new, ...})` gives exit code, what was said, and the run folder."""

    def called(editor, options, changes=None):
        text = SUITE.replace("METHOD", json.dumps({"editor": editor, "options": options}))
        for old, new in (changes or {}).items():
            assert old in text
            text = text.replace(old, new)
        parse_suite(text, "tiny.yaml")
        (tmp_path / "tiny.yaml").write_text(text)
        folder = tmp_path / "run"
        arguments = ["run", tmp_path / "tiny.yaml", "--out", folder, "--device", "cpu"]
        monkeypatch.setattr(sys, "argv", ["siebench", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out + said.err, folder

    return called


@pytest.fixture
def refused(run):
    """`refused(words, editor, options, changes)`: exit 2, one line with these words, no run."""

    def check(words, *arguments):
        code, said, folder = run(*arguments)
        assert (code, len(said.strip().splitlines())) == (2, 1), said
        assert words in said
        assert not folder.exists()

    return check


def test_weights_that_fit_are_used(run, weights):
    code, said, _ = run("sesame", {"weights": weights("sesame", classes=ROOMS, **WIDTHS)})
    assert (code, "2 edits, 0 impossible, 0 failed" in said) == (0, True)


def test_weights_of_another_system(refused, weights):
    file = weights("spade", classes=ROOMS, **WIDTHS)
    refused("system: holds 'spade', expected 'sesame'", "sesame", {"weights": file})


def test_weights_of_another_variant(refused, weights):
    options = {"weights": weights("sesame", classes=ROOMS, **WIDTHS), "variant": "labels w skip"}
    refused("variant: holds 'labels', expected 'labels w skip'", "sesame", options)


def test_a_truncated_file(refused, weights):
    file = Path(weights("sesame", classes=ROOMS, **WIDTHS))
    file.write_bytes(file.read_bytes()[:-100])
    refused("not a whole safetensors file", "sesame", {"weights": str(file)})


def test_weights_of_another_label_space(refused, weights):
    file = weights("spade", classes=ROOMS, label_space="ade20k-150", **WIDTHS)
    refused("labels: the weights count in 'ade20k-150'", "spade", {"weights": file})


def test_only_the_datasets_that_a_method_edits_count(run, weights):
    file = weights("spade", classes=ROOMS, label_space="procedural-rooms@1", **WIDTHS)
    streets = {
        "datasets: {": "datasets: {streets: {dataset: procedural-streets, size: 64, limit: 1}, ",
        "dataset: rooms": "dataset: [rooms, streets]",
    }
    code, said, folder = run("spade", {"weights": file}, streets)
    assert (code, folder.exists()) == (2, False)
    assert "task 'streets-box', method 'spade': labels: the weights count in" in said
    narrow = {**streets, '"editor"': '"datasets": ["rooms"], "editor"'}
    assert run("spade", {"weights": file}, narrow)[0] == 0


@pytest.mark.parametrize(
    ("system", "fields"),
    [
        ("spade", WIDTHS),
        ("sesame", WIDTHS),
        ("sean", SEAN),
        ("divsem", STYLED),
        ("pix2pixhd", PIX),
        ("him", HIM),
    ],
)
def test_a_dataset_with_more_classes_than_the_network(refused, weights, system, fields):
    variant = {"divsem": "full", "pix2pixhd": "label"}.get(system, "labels")
    file = weights(system, variant=variant, classes=4, **fields)
    words = f"method '{system}': labels: 'procedural-rooms@1' has {ROOMS} classes"
    refused(words, system, {"weights": file})


def test_a_size_that_the_network_cannot_take(refused, weights):
    file = weights("spade", classes=ROOMS, **WIDTHS)
    words = "size: 66x66 pixels, but the network takes sides that are multiples of"
    refused(words, "spade", {"weights": file}, {"size: 64": "size: 66"})


def test_the_window_of_a_protocol_is_the_size_that_counts(run, weights):
    file = weights("sesame", classes=ROOMS, **WIDTHS)
    window = "sesame-remove@1, parameters: {least: 8, most: 16, size: 32}"
    code, said, _ = run("sesame", {"weights": file}, {"size: 64": "size: 66", "box@1": window})
    assert (code, "2 edits" in said) == (0, True)


@pytest.mark.parametrize(("system", "option"), [("sean", "style"), ("divsem", "styles")])
def test_no_reference_where_one_is_needed(refused, weights, system, option):
    variant, fields = ("labels", SEAN) if system == "sean" else ("full", STYLED)
    file = weights(system, variant=variant, classes=ROOMS, **fields)
    options = {"weights": file, option: "reference"}
    refused("references: the method takes styles from reference", system, options)
    one = {"box@1": "box@1, references: 1", "limit: 2": "limit: 1"}
    refused("references: the dataset has one scene", system, options, one)


@pytest.mark.parametrize("system", ["sesame", "divsem"])
def test_a_protocol_of_full_masks_for_a_network_that_needs_known_pixels(refused, weights, system):
    variant, fields = ("labels", WIDTHS) if system == "sesame" else ("full", STYLED)
    file = weights(system, variant=variant, classes=ROOMS, **fields)
    words = "mask: every edit hides the whole image"
    refused(words, system, {"weights": file}, {"box@1": "synthesis@1"})


def test_a_pack_of_full_masks_for_a_network_that_needs_known_pixels(refused, weights, tmp_path):
    write_pack(tmp_path / "pack", "synthesis@1")
    file = weights("sesame", classes=ROOMS, **WIDTHS)
    pack = {"protocol: box@1": f"pack: {json.dumps(str(tmp_path / 'pack'))}"}
    refused("mask: every edit hides the whole image", "sesame", {"weights": file}, pack)


@pytest.mark.parametrize(
    ("shares", "words"),
    [((1, 1), "mask: every edit hides the whole image"), ((0, 0), "mask: every mask is empty")],
)
def test_a_folder_of_full_or_empty_masks(refused, weights, tmp_path, shares, words):
    file = weights("sesame", classes=ROOMS, **WIDTHS)
    refused(words, "sesame", {"weights": file}, predefined(tmp_path, *shares))


def test_one_full_mask_among_others_fails_its_own_edit(run, weights, tmp_path):
    file = weights("sesame", classes=ROOMS, **WIDTHS)
    code, said, folder = run("sesame", {"weights": file}, predefined(tmp_path, 1, 0.5))
    assert code == 1
    assert "2 edits, 0 impossible, 1 failed" in said
    assert "1x rooms-predefined: sesame: mask: covers the whole image in the edit" in said
    assert len(list(folder.glob("predictions/*/*/*.png"))) == 1


def test_a_method_that_happens_to_do_nothing_is_named(run, weights, tmp_path):
    # The third mask is for no scene: only drawing the edits shows that all of them are full.
    file = weights("sesame", classes=ROOMS, **WIDTHS)
    code, said, _ = run("sesame", {"weights": file}, predefined(tmp_path, 1, 1, 0.5))
    assert code == 1
    assert "2x rooms-predefined: sesame: mask: covers the whole image" in said
    assert "nothing to score: rooms-predefined: sesame carried out none of its 2 edits" in said


def test_a_task_that_happens_to_have_no_edit_is_named(run, weights, tmp_path):
    file = weights("sesame", classes=ROOMS, **WIDTHS)
    code, said, _ = run("sesame", {"weights": file}, predefined(tmp_path, 0, 0, 0.5))
    assert code == 0
    assert "2x rooms-predefined: the mask that was drawn covers no pixel" in said
    assert "nothing to score: rooms-predefined: none of its 2 edits could be made" in said


def predefined(folder, *shares):
    """A task with a folder of masks in the scenes' order, each with a share of its columns."""
    (folder / "masks").mkdir()
    for i, share in enumerate(shares):
        mask = np.zeros((64, 64), np.uint8)
        mask[:, : int(64 * share)] = 255
        Image.fromarray(mask).save(folder / "masks" / f"{i}.png")
    where = json.dumps(str(folder / "masks"))
    return {"box@1": f"predefined@1, parameters: {{pairing: sorted, folder: {where}}}"}


def write_pack(folder, protocol):
    data = open_dataset("procedural-rooms", None, count=2)
    sites = []
    for name in data.ids:
        scene = data.read(name, Fit((64, 64), "crop"))
        site = masks.Site(data.name, name, scene.labels, scene.instances, data.space.classes)
        sites.append((site, 0))
    drawn = masks.make_protocol(protocol)
    masks.write_pack(folder, drawn, sites, seed=0, fingerprint=data.fingerprint())


def test_an_unknown_precision_is_refused_by_name(refused, weights):
    file = weights("spade", classes=ROOMS, **WIDTHS)
    options = {"weights": file, "precision": "float8"}
    refused("unknown value of 'precision' of editor 'spade': 'float8'", "spade", options)
    options = {"weights": file, "compile": "yes"}
    refused("option 'compile' is 'yes'; expected: true or false", "spade", options)
