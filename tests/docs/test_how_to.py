"""The how-to pages, followed in one folder, in the order in which a reader needs them."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image

from bench.study.manifest import read_key, read_manifest
from tests.bench.study.conftest import answered, written
from tests.docs.pages import follow, follow_notebook, give


@pytest.mark.slow
def test_a_suite_is_written_run_read_compared_gated_and_exported(folder, monkeypatch, capsys):
    follow("how-to/write-a-suite.md", monkeypatch)
    assert (folder / "runs/mine/report/index.html").is_file()

    names = follow("how-to/read-a-run.md", monkeypatch)
    assert set(names["samples"]["method"]) == {"mean-colour", "thick"}
    assert names["difference"].notna().all()

    figures = follow_notebook("examples/read_a_run.ipynb")
    assert set(figures["table"].index) == {"mean-colour", "thick"}
    assert list(figures["worst"]) == list(names["worst"]["edit"])

    follow("how-to/ask-people.md", monkeypatch)
    manifest = read_manifest(folder / "studies/mine")
    key = read_key(folder / "studies/mine.key.json", manifest)
    for number in range(6):
        sheet = answered(manifest, key, number, order=("thick", "mean-colour"))
        written(folder / "studies/mine.answers", sheet)
    give("$ siebench study read studies/mine --json study.json", monkeypatch)
    give("$ siebench report runs/mine --study study.json", monkeypatch)
    assert "What people said" in (folder / "runs/mine/report/index.html").read_text()

    for name in ("before", "after", "demo"):
        shutil.copytree("runs/mine", f"runs/{name}")
    names = follow("how-to/compare-methods.md", monkeypatch)
    assert names["comparison"] is not None

    shutil.copytree("runs/mine", "runs/branch")
    give("$ siebench baseline save runs/mine --out baseline.json", monkeypatch)
    assert follow("how-to/gate-in-ci.md", monkeypatch)["judgement"].verdict == "passed"

    capsys.readouterr()
    follow("how-to/export-tables-and-figures.md", monkeypatch)
    assert "| mean-colour |" in capsys.readouterr().out


def test_two_folders_are_scored(folder, monkeypatch, capsys):
    random = np.random.default_rng(0)
    for name in ("real", "fake", "other", "masks"):
        (folder / name).mkdir()
        for i in range(4):
            if name == "masks":
                image = np.zeros((48, 48), np.uint8)
                image[8:32, 8:32] = 255
            else:
                image = random.integers(0, 256, (48, 48, 3), np.uint8)
            Image.fromarray(image).save(folder / name / f"000{i}.png")
    names = follow("how-to/score-a-folder.md", monkeypatch)
    assert {score.metric for score in names["scores"]} == {"psnr", "psnr-hole", "ssim", "ssim-hole"}
    assert [change.pair.key.metric for change in names["found"].comparison.changes] == ["psnr"]
    written = json.loads((folder / "scores.json").read_text())
    assert {score["metric"] for score in written["scores"]} == {s.metric for s in names["scores"]}


def test_masks_are_made_in_python(folder, monkeypatch):
    edit = follow("how-to/make-masks.md", monkeypatch)["edit"]
    assert edit.mask.any()
    assert not edit.mask.all()
    assert not (edit.labels == 1).any()
