"""A sceptic's view: the reference libraries on the same files with the same weights."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from bench.cli import main
from bench.core.float32 import float32
from bench.metrics import Score
from bench.run.cross_check import cross_check
from bench.run.score import FolderScores, score_folders
from tests.bench.metrics.conftest import random_tensors


@pytest.fixture(scope="module")
def weights(tmp_path_factory) -> Path:
    """Random networks of the published forms."""
    folder = tmp_path_factory.mktemp("weights")
    for name in ("inception-fid", "alexnet", "squeezenet"):
        torch.save(random_tensors(name), folder / f"{name}.pth")
    return folder


@pytest.fixture(scope="module")
def folders(tmp_path_factory) -> Path:
    """Four pairs of images with some structure, two sizes among them."""
    root = tmp_path_factory.mktemp("pairs")
    draw = np.random.default_rng(0)
    for i, (height, width) in enumerate([(64, 80), (64, 80), (64, 80), (48, 56)]):
        coarse = draw.integers(0, 256, (2, height // 8, width // 8, 3), dtype=np.uint8)
        for side, image in zip(("real", "fake"), coarse.repeat(8, 1).repeat(8, 2)):
            (root / side).mkdir(exist_ok=True)
            Image.fromarray(image).save(root / side / f"{i}.png")
    return root


@pytest.fixture(autouse=True)
def _weights_here(monkeypatch, weights) -> None:
    monkeypatch.setenv("SIEBENCH_WEIGHTS", str(weights))
    monkeypatch.setenv("SIEBENCH_CACHE", "")


def scored(folders: Path, *metrics: str) -> FolderScores:
    return score_folders(folders / "real", folders / "fake", metrics=metrics, device="cpu")


def by_library(rows) -> dict[str, object]:
    return {row.library.partition(" ")[0]: row for row in rows}


@pytest.mark.parametrize(
    ("metric", "library", "tolerance"),
    [
        ("psnr", "scikit-image", 1e-9),
        ("psnr", "torchmetrics", 1e-5),
        ("rmse", "scikit-image", 1e-9),
        ("ssim", "scikit-image", 1e-9),
        ("ssim", "torchmetrics", 1e-6),
        ("lpips-alex", "lpips", 1e-5),
        ("lpips-squeeze", "lpips", 1e-5),
    ],
)
def test_a_library_gives_our_number(folders, metric, library, tolerance) -> None:
    pytest.importorskip({"scikit-image": "skimage"}.get(library, library))
    row = by_library(scored(folders, metric).cross_check())[library]
    assert row.library != library  # the version stands behind it
    assert row.theirs == pytest.approx(row.ours, rel=tolerance)
    assert row.deviation == row.ours - row.theirs
    assert row.relative == pytest.approx(abs(row.deviation / row.theirs))


@pytest.mark.slow  # their matrix root takes long
@pytest.mark.parametrize(
    ("metric", "library"), [("fid", "pytorch-fid"), ("fid-clean", "clean-fid")]
)
def test_a_frechet_distance_through_the_librarys_own_reading_and_network(
    folders, metric, library
) -> None:
    [row] = scored(folders, metric).cross_check()
    assert row.library.startswith(f"{library} ")
    assert row.theirs == pytest.approx(row.ours, rel=1e-3)
    if row.note:
        assert "its matrix root fails with SciPy" in row.note
        assert "ours takes its place" in row.note


@pytest.mark.parametrize("metric", ["fid", "fid-clean"])
def test_where_a_matrix_root_fails_ours_takes_its_place_and_that_is_said(
    folders, monkeypatch, metric
) -> None:
    from cleanfid import fid as cleanfid
    from pytorch_fid import fid_score

    def broken(*_: object) -> float:
        raise TypeError("sqrtm() got an unexpected keyword argument 'disp'")

    monkeypatch.setattr(fid_score, "calculate_frechet_distance", broken)
    monkeypatch.setattr(cleanfid, "frechet_distance", broken)
    [row] = scored(folders, metric).cross_check()
    assert row.theirs == pytest.approx(row.ours, rel=1e-4)
    assert "TypeError: sqrtm() got an unexpected keyword argument 'disp'" in row.note


def test_libraries_keep_all_bits_of_float32_as_our_networks_do(monkeypatch) -> None:
    def look(_: object) -> tuple[float, str]:
        used.append(float32())
        return 1.0, ""

    used = [float32()]
    assert "tf32" in used[0]  # by default, for convolutions on a GPU
    monkeypatch.setattr("bench.run.cross_check._LIBRARIES", {"psnr": {"numpy": look}})
    cross_check([], [Score("psnr", 1.0)])
    assert set(used[1]) == {"ieee"}
    assert float32() == used[0]


def test_missing_weights_are_a_sentence_and_nothing_is_downloaded(
    folders, monkeypatch, tmp_path
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise AssertionError("a download")

    monkeypatch.setenv("SIEBENCH_WEIGHTS", str(tmp_path))
    monkeypatch.setattr(torch.hub, "download_url_to_file", refused)
    files = scored(folders, "l1").files
    [row] = cross_check(files, [Score("fid", 12.0)])
    assert row.theirs is None
    assert "the weights of inception-fid are not here" in row.note


def test_a_library_that_wants_to_download_is_refused(folders, monkeypatch) -> None:
    from pytorch_fid import inception

    there = inception.FID_WEIGHTS_URL
    monkeypatch.setattr(inception, "FID_WEIGHTS_URL", f"{there}.newer")

    def moved(*_: object, **__: object) -> object:
        return torch.hub.load_state_dict_from_url("https://localhost.invalid/elsewhere.pth")

    monkeypatch.setattr(inception, "load_state_dict_from_url", moved)
    before = torch.hub.get_dir()
    [row] = cross_check(scored(folders, "l1").files, [Score("fid", 12.0)])
    assert row.theirs is None
    assert "a cross-check downloads nothing" in row.note
    assert torch.hub.get_dir() == before


def test_a_library_that_is_not_installed_is_named_with_its_command(folders, monkeypatch) -> None:
    from importlib.metadata import PackageNotFoundError

    def none(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr("bench.run.cross_check.version", none)
    rows = scored(folders, "psnr").cross_check()
    assert [row.note for row in rows] == [
        "scikit-image is not installed: `pip install scikit-image`",
        "torchmetrics is not installed: `pip install torchmetrics`",
    ]


def test_scores_of_the_masked_region_and_scores_that_no_library_has(folders, tmp_path) -> None:
    for path in (folders / "real").iterdir():
        with Image.open(path) as image:
            mask = np.zeros(image.size[::-1], np.uint8)
        mask[8:32, 8:32] = 255
        Image.fromarray(mask).save(tmp_path / path.name)
    found = score_folders(
        folders / "real", folders / "fake", masks=tmp_path, metrics=["l1"], device="cpu"
    )
    assert [one.metric for one in found] == ["l1", "l1-hole"]
    [row] = found.cross_check()
    assert (row.metric, row.library, row.note) == ("l1", "", "no library here computes it")


def test_the_command_prints_both_numbers_and_writes_them(
    folders, tmp_path, capsys, monkeypatch
) -> None:
    file = tmp_path / "scores.json"
    sides = [str(folders / "real"), str(folders / "fake")]
    options = ["--metrics", "psnr", "--cross-check", "--json", str(file)]
    monkeypatch.setattr(sys, "argv", ["siebench", "score", *sides, *options])
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    shown = capsys.readouterr().out
    assert "deviation" in shown
    assert "scikit-image" in shown
    written = json.loads(file.read_text(encoding="utf-8"))
    assert written["cross_check"][0]["ours"] == written["scores"][0]["value"]
