"""Folders of results for the same references are scored and compared image by image."""

from __future__ import annotations

import json
import math
import os
import shutil
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy import stats

import siebench
from bench.core.errors import BadInput
from bench.judge.compare import FolderComparison, compare_folders, folder_names
from bench.judge.compare.outputs import write_comparison_json
from bench.judge.published import find_published
from tests.bench.cli.test_score import save

SIZE = (12, 16)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six references; results with noise of 4 and of 16 grey levels; both as JPEG as well."""
    root = tmp_path_factory.mktemp("folders")
    random = np.random.default_rng(0)
    for i in range(6):
        real = random.integers(60, 196, (*SIZE, 3))
        save(root / "real" / f"{i}.png", real.astype(np.uint8))
        for name, noise in (("good", 4), ("bad", 16)):
            made = (real + random.normal(0, noise + i, real.shape)).round().clip(0, 255)
            save(root / name / f"{i}.png", made.astype(np.uint8))
            save(root / "again" / name / f"{i}.jpg", made.astype(np.uint8))
    return root


@pytest.fixture(scope="module")
def found(folders: Path) -> FolderComparison:
    return compare_folders(
        folders / "real",
        [folders / "good", folders / "bad"],
        metrics=["psnr", "fd-procedural"],
        device="cpu",
    )


def psnr(folder: Path, name: str) -> np.ndarray:
    """The closed form, image by image."""
    images = [
        [np.asarray(Image.open(folder / part / f"{i}.png"), float) for part in ("real", name)]
        for i in range(6)
    ]
    return np.array([10 * math.log10(255**2 / np.mean((a - b) ** 2)) for a, b in images])


def test_the_interval_is_that_of_the_paired_t_test(folders: Path, found: FolderComparison):
    (change,) = (one for one in found.comparison.changes if one.pair.key.metric == "psnr")
    test = stats.ttest_rel(psnr(folders, "bad"), psnr(folders, "good"))
    interval = test.confidence_interval(0.95)
    assert change.interval == pytest.approx((interval.low, interval.high), rel=1e-6)
    assert (change.pair.before.key.method, change.pair.key.method) == ("good", "bad")
    assert change.verdict == "worse"


def test_a_score_of_the_whole_set_is_paired_too(found: FolderComparison):
    (change,) = (one for one in found.comparison.changes if one.pair.key.metric != "psnr")
    good, bad = (one[1].value for one in found.scores.values())
    assert change.pair.difference.estimate == pytest.approx(bad - good)
    assert change.pair.difference.scenes == 6
    assert change.interval is not None


def test_an_image_without_a_value_takes_no_part(folders: Path, tmp_path: Path):
    """An empty mask has no masked region: five differences are left, and the test is theirs."""
    for i in range(6):
        mask = np.zeros(SIZE, np.uint8)
        mask[2:8, 3:9] = 255 * (i != 2)
        save(tmp_path / "masks" / f"{i}.png", mask)
    found = compare_folders(
        folders / "real",
        [folders / "good", folders / "bad"],
        masks=tmp_path / "masks",
        metrics=["psnr"],
        device="cpu",
    )
    changes = {change.pair.key.metric: change for change in found.comparison.changes}
    own = [one.images["psnr-hole"].dropna() for one in found.scores.values()]
    oracle = stats.ttest_rel(own[1], own[0]).confidence_interval(0.95)
    assert len(own[0]) == 5
    assert changes["psnr-hole"].interval == pytest.approx((oracle.low, oracle.high), rel=1e-6)
    assert changes["psnr-hole"].verdict == "worse"
    write_comparison_json(found.comparison, tmp_path / "comparison.json")
    assert "NaN" not in (tmp_path / "comparison.json").read_text()


def test_verdicts_of_all_folders_are_corrected_together(folders: Path):
    three = [folders / "good", folders / "bad", folders / "again" / "good"]
    found = compare_folders(folders / "real", three, metrics=["psnr"], device="cpu")
    assert list(found.scores) == [str(folders / "good"), "bad", str(folders / "again" / "good")]
    raw = [change.p for change in found.comparison.changes]
    assert len(raw) == 3
    order = sorted(range(3), key=raw.__getitem__)
    expected, highest = {}, 0.0
    for rank, i in enumerate(order):
        highest = max(highest, min(1.0, (3 - rank) * raw[i]))
        expected[i] = highest
    adjusted = [change.adjusted for change in found.comparison.changes]
    assert adjusted == pytest.approx([expected[i] for i in range(3)])


def test_folders_are_named_by_their_own_name_where_it_is_theirs_alone():
    assert list(folder_names(["a/x", "b/y"])) == ["x", "y"]
    assert list(folder_names(["a/x", "b/x", "b/y"])) == ["a/x", "b/x", "y"]
    with pytest.raises(BadInput, match="is given twice"):
        folder_names(["a/x", "a/x"])
    with pytest.raises(BadInput, match="two folders of results"):
        compare_folders("real", ["a"])


def test_a_folder_that_is_missing_is_said_before_anything_is_scored(folders: Path):
    done: list[int] = []
    results = [folders / "good", folders / "bda"]
    with pytest.raises(BadInput, match="bda"):
        compare_folders(folders / "real", results, metrics=["psnr"], advance=done.append)
    assert done == []


def test_references_are_brought_to_the_results_size_where_that_is_asked_for(
    folders: Path, tmp_path
):
    for i in range(6):
        with Image.open(folders / "real" / f"{i}.png") as image:
            large = image.resize((4 * SIZE[1], 4 * SIZE[0]), Image.Resampling.NEAREST)
            large.save(_in(tmp_path / "large", f"{i}.png"))
            small = large.resize((SIZE[1], SIZE[0]), Image.Resampling.BICUBIC)
            small.save(_in(tmp_path / "small", f"{i}.png"))
    fake = folders / "good"
    with pytest.raises(BadInput, match="64x48; bring them to one size, or give --resize-real"):
        siebench.score_folders(tmp_path / "large", fake, metrics=["psnr"], device="cpu")
    asked = {"metrics": ["psnr"], "device": "cpu"}
    resized = siebench.score_folders(tmp_path / "large", fake, resize_real=True, **asked)
    plain = siebench.score_folders(tmp_path / "small", fake, **asked)
    assert resized[0].value == plain[0].value
    assert resized.protocols["psnr"] != plain.protocols["psnr"]
    square = Image.new("RGB", (16, 16))
    square.save(_in(tmp_path / "other", "0.png"))
    square.resize((16, 12)).save(_in(tmp_path / "wide", "0.png"))
    with pytest.raises(BadInput, match="another shape"):
        siebench.score_folders(tmp_path / "other", tmp_path / "wide", resize_real=True, **asked)


def _in(folder: Path, name: str) -> Path:
    folder.mkdir(exist_ok=True)
    return folder / name


FIGURES = Path(os.environ.get("SIEBENCH_DATA", "")) / "sean_figures"
"""Published outputs: SET/gt and SET/METHOD for several methods, with the files' own names."""

SETS = sorted(place.parent.name for place in FIGURES.glob("*/gt"))


def printed(metric: str) -> dict[str, list[float]]:
    """Each method's values in SEAN's Table 1, by its name in small letters, dataset by dataset."""
    datasets = ("CelebAMask-HQ", "Cityscapes", "ADE20K", "Facades (SEAN authors' set)")
    return {
        method.casefold(): [
            one.value
            for dataset in datasets
            for one in find_published(
                dataset=dataset,
                task="reconstruction (mask + own style image)",
                method=method,
                metric=metric,
                papers=["SEAN (CVPR 2020, arXiv 1911.12861)"],
            )
        ]
        for method in ("pix2pixHD", "SPADE", "SEAN")
    }


def figures(name: str | None) -> tuple[Path, list[Path]]:
    """The references of a set, and its folders of methods that SEAN's table has."""
    if name is None:
        pytest.skip("SIEBENCH_DATA has no sean_figures: no published outputs here")
    known = printed("PSNR")
    folders = [place for place in (FIGURES / name).iterdir() if place.name.casefold() in known]
    assert len(folders) >= 2
    return FIGURES / name / "gt", sorted(folders)


@pytest.mark.slow
@pytest.mark.parametrize("name", SETS or [None])
def test_folder_editors_in_a_suite_find_the_same_differences(name: str | None, tmp_path: Path):
    real, folders = figures(name)
    data = tmp_path / "data"
    shutil.copytree(real, data / "images")
    shutil.copytree(real.parent / "label", data / "labels")  # in colours
    maps = [np.asarray(Image.open(file).convert("RGB")) for file in (data / "labels").iterdir()]
    colours = np.unique(np.concatenate([each.reshape(-1, 3) for each in maps]), axis=0).tolist()
    classes = [f"class {i}" for i in range(len(colours))]
    (data / "classes.json").write_text(json.dumps({"classes": classes, "palette": colours}))
    suite = {
        "name": "figures",
        "composite": "none",
        "datasets": {"set": {"dataset": "folder", "path": str(data), "fit": "native"}},
        "tasks": [{"dataset": "set", "protocol": "synthesis@1"}],
        "methods": [
            {"name": place.name, "editor": "folder", "options": {"path": str(place)}}
            for place in folders
        ],
        "metrics": ["psnr"],
    }
    parsed = siebench.Suite.model_validate(suite)
    run = siebench.run_suite(parsed, out=tmp_path / "run", device="cpu", workers=1)
    assert run.failed == 0
    pairs = list(combinations([place.name for place in folders], 2))
    own = siebench.compare(tmp_path / "run", methods=pairs)
    plain = compare_folders(real, folders, metrics=["psnr"], device="cpu").comparison
    found = {
        (one.pair.before.key.method, one.pair.key.method): one
        for one in own.changes
        if one.pair.key.metric == "psnr"
    }
    assert len(found) == len(plain.changes) == len(pairs)
    for change in plain.changes:
        same = found[change.pair.before.key.method, change.pair.key.method]
        assert same.pair.difference.estimate == pytest.approx(change.pair.difference.estimate)
        assert same.interval == pytest.approx(change.interval)


@pytest.mark.parametrize("name", SETS or [None])
def test_published_outputs_have_the_order_of_seans_table_1_in_psnr(name: str | None):
    real, folders = figures(name)
    values = printed("PSNR")
    found = compare_folders(real, folders, metrics=["psnr", "ssim-sean"], device="cpu")
    for change in found.comparison.changes:
        before, after = (
            values[side.key.method.casefold()] for side in (change.pair.before, change.pair.after)
        )
        assert len(before) == len(after) == 4
        higher = {b < a for b, a in zip(before, after)}
        # The four datasets of the table agree, and so do the published outputs, beyond doubt.
        assert len(higher) == 1
        assert change.verdict == ("better" if higher.pop() else "worse")
