"""`siebench score`: what it prints, writes and says, for the folders that people have."""

from __future__ import annotations

import csv
import io
import json
import math
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bench import __version__
from bench.core.identity import record_hash

MASK = np.zeros((16, 16), bool)
MASK[4:12, 4:12] = True


def save(path: Path, image: np.ndarray, **options) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image).save(path, **options)


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    """Two pairs in subfolders: one is equal, one differs by 8 grey levels in its masked region."""
    real = np.full((16, 16, 3), 100, np.uint8)
    for stem, step in (("day/a", 0), ("night/a", 8)):
        save(tmp_path / "real" / f"{stem}.png", real)
        save(tmp_path / "fake" / f"{stem}.png", real + np.uint8(step) * MASK[..., None])
        save(tmp_path / "masks" / f"{stem}.png", np.repeat(MASK[..., None], 3, 2) * np.uint8(255))
    return tmp_path


def strict(text: str):
    def refuse(name: str):
        raise AssertionError(f"{name} is no JSON")

    return json.loads(text, parse_constant=refuse)


def test_an_infinite_value_is_the_text_inf_in_strict_json(call, folders: Path) -> None:
    out = folders / "s.json"
    code, _, err = call(
        "score", folders / "real", folders / "real", "--metrics", "psnr", "--json", out
    )
    assert code == 0, err
    [score] = strict(out.read_text())["scores"]
    assert score["value"] == "inf"
    assert float(score["value"]) == math.inf
    assert score["low"] is None


def test_one_folder_needs_nothing_that_compares_several(call, folders: Path, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "bench.judge.compare", None)  # to import it is an error
    code, printed, _ = call("score", folders / "real", folders / "fake", "--metrics", "psnr")
    assert code == 0
    assert "psnr" in printed


def test_where_no_metric_has_a_value_a_script_can_tell(call, folders: Path, monkeypatch) -> None:
    monkeypatch.setenv("SIEBENCH_WEIGHTS", str(folders / "none"))
    out = folders / "s.json"
    asked = ("score", folders / "real", folders / "fake", "--json", out, "--force", "--metrics")
    assert call(*asked, "fid")[0] == 1
    [score] = strict(out.read_text())["scores"]
    assert score["value"] is None
    assert "weights" in score["reason"]
    assert call(*asked, "fid,l1")[0] == 0


def test_metrics_may_be_repeated_and_have_commas(call, folders: Path) -> None:
    _, out, _ = call(
        "score", folders / "real", folders / "fake",
        "--metrics", "l1", "--metrics", "rmse, l1", "--json", "-",
    )  # fmt: skip
    assert [one["metric"] for one in strict(out)["scores"]] == ["l1", "rmse"]


def test_json_on_standard_output_stands_alone(call, folders: Path) -> None:
    code, out, err = call(
        "score", folders / "real", folders / "fake", "--metrics", "l1", "--json", "-"
    )
    assert code == 0
    assert strict(out)["scores"][0]["value"] == 8 * 64 / 256 / 2
    assert "metric" in err


def test_the_json_says_what_the_scores_stand_on(call, folders: Path) -> None:
    def written(fake: str) -> dict:
        out = call("score", folders / "real", folders / fake, "--metrics", "l1", "--json", "-")[1]
        return strict(out)

    first = written("fake")
    [score] = first["scores"]
    assert record_hash(first["protocols"][score["protocol"]]) == score["protocol"]
    assert first["versions"]["siebench"] == __version__
    assert first["inputs"]["fake"]["folder"] == "fake"
    assert first["inputs"]["fake"]["kinds"] == {"PNG": 2}
    assert str(folders) not in json.dumps(first)
    assert first["notices"][0].startswith("fake: 1 of 2 results equal their references")
    (folders / "fake").rename(folders / "renamed")
    again = written("renamed")
    assert again["inputs"]["fake"]["sha256"] == first["inputs"]["fake"]["sha256"]
    save(folders / "renamed" / "day" / "a.png", np.zeros((16, 16, 3), np.uint8))
    assert written("renamed")["inputs"]["fake"]["sha256"] != first["inputs"]["fake"]["sha256"]


def test_csv_has_every_images_values(call, folders: Path) -> None:
    out = folders / "images.csv"
    code, _, err = call(
        "score", folders / "real", folders / "fake", "--masks", folders / "masks",
        "--metrics", "l1,psnr", "--csv", out,
    )  # fmt: skip
    assert code == 0, err
    rows = list(csv.DictReader(io.StringIO(out.read_text())))
    assert [row["image"] for row in rows] == ["day/a", "night/a"]
    assert [row["result"] for row in rows] == ["day/a.png", "night/a.png"]
    assert [float(row["l1"]) for row in rows] == [0, 8 * 64 / 256]
    assert [float(row["l1-hole"]) for row in rows] == [0, 8]
    assert float(rows[0]["psnr"]) == math.inf
    assert float(rows[1]["psnr-hole"]) == pytest.approx(20 * math.log10(255 / 8))


def test_png_against_jpeg_is_said(call, folders: Path) -> None:
    for file in list((folders / "real").rglob("*.png")):
        with Image.open(file) as image:
            image.save(file.with_suffix(".JPEG"), quality=90)
        file.unlink()
    code, _, err = call("score", folders / "real", folders / "fake", "--metrics", "l1")
    assert code == 0
    assert "note: the references are JPEG quality 90 and the results PNG" in err


def test_what_a_reason_names_is_shown_whole(call, folders: Path, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("SIEBENCH_WEIGHTS", "")
    code, out, err = call("score", folders / "real", folders / "fake", "--metrics", "l1,fid")
    assert code == 0, err
    said = "".join(line.split("│")[3].strip() for line in out.splitlines() if line.startswith("│"))
    assert "pt_inception-2015-12-05-6726825d.pth" in said.replace(" ", "")
    assert "…" not in out


def test_brackets_in_names_are_shown_as_they_are(call, folders: Path) -> None:
    other = (folders / "fake").rename(folders / "fake[v2]")
    code, out, err = call("score", folders / "real", other, folders / "real", "--metrics", "l1")
    assert code == 0, err
    assert "│ fake[v2] │" in out


def test_inverted_masks_and_files_left_over_are_said(call, folders: Path) -> None:
    for stem in ("day/a", "night/a", "night/b"):
        save(folders / "masks" / f"{stem}.png", ~MASK * np.uint8(255))
    code, _, err = call(
        "score", folders / "real", folders / "fake", "--masks", folders / "masks", "--metrics", "l1"
    )
    assert code == 0
    assert "masks: the masks seem inverted: in 1 of 1 pairs" in err
    assert "masks: 1 file left over, of no pair: 'night/b'" in err


def test_a_mask_of_another_shape_is_not_stretched(call, folders: Path) -> None:
    save(folders / "masks" / "day" / "a.png", np.zeros((8, 16), np.uint8))
    code, _, err = call(
        "score", folders / "real", folders / "fake", "--masks", folders / "masks",
        "--metrics", "l1", "--resize-real",
    )  # fmt: skip
    assert code == 2
    assert "day/a.png: is 16x8 where its reference is 16x16, another shape; crop one of them" in err


def test_a_record_of_the_working_folder_has_its_notices_as_they_are_said(
    call, folders: Path, monkeypatch
) -> None:
    monkeypatch.chdir(folders / "fake")
    (folders / "fake" / "notes.txt").touch()
    code, _, err = call("score", folders / "real", ".", "--metrics", "l1", "--json", "../s.json")
    assert code == 0, err
    said = strict((folders / "s.json").read_text())["notices"]
    assert said[0] == "fake: 1 file not read, no image: 'notes.txt'"


def test_unpaired_folders_are_refused_or_allowed(call, folders: Path) -> None:
    save(folders / "fake" / "day" / "b.png", np.zeros((16, 16, 3), np.uint8))
    code, _, err = call("score", folders / "real", folders / "fake", "--metrics", "l1")
    assert code == 2
    assert "real: no image with the stem 'day/b'" in err
    assert "--allow-unpaired" in err
    code, out, err = call(
        "score", folders / "real", folders / "fake", "--metrics", "l1", "--allow-unpaired"
    )
    assert code == 1, err  # l1 is of pairs, and nothing else was asked for
    assert "2 real" in out


@pytest.mark.parametrize("option", ["--json", "--csv"])
def test_a_target_that_can_be_no_file_is_one_sentence(call, folders: Path, option: str) -> None:
    for target in (folders, folders / ("n" * 300), folders / "real" / "day" / "a.png" / "s.json"):
        code, out, err = call(
            "score", folders / "real", folders / "fake", "--metrics", "l1", option, target
        )
        assert (code, out) == (2, "")
        assert err.startswith("siebench: ")
        assert err.count("\n") == 1


def test_the_longest_name_is_written(call, folders: Path) -> None:
    target = folders / ("n" * 250 + ".json")
    assert call(
        "score", folders / "real", folders / "fake", "--metrics", "l1", "--json", target
    )[0] == 0  # fmt: skip
    assert strict(target.read_text())["scores"]


def test_json_and_csv_are_two_places(call, folders: Path) -> None:
    code, _, err = call("score", folders, folders, "--json", "-", "--csv", "-")
    assert code == 2
    assert "both to be printed" in err


def test_several_folders_are_compared_and_each_is_written(call, folders: Path) -> None:
    for stem in ("day/a", "night/a"):
        save(folders / "worse" / f"{stem}.png", np.full((16, 16, 3), 130, np.uint8))
    out, table = folders / "s.json", folders / "s.csv"
    code, printed, err = call(
        "score", folders / "real", folders / "fake", folders / "worse",
        "--metrics", "rmse", "--json", out, "--csv", table,
    )  # fmt: skip
    assert code == 0, err
    assert "images: fake -> worse" in printed
    assert "no spread" in printed  # the worse one is equally far off in both images
    written = strict(out.read_text())
    assert [record["scores"][0]["value"] for record in written["scores"].values()] == [2.0, 30.0]
    [change] = written["comparison"]["changes"]
    assert (change["method_before"], change["method"]) == ("fake", "worse")
    assert change["difference"] == pytest.approx(28.0)
    rows = list(csv.DictReader(io.StringIO(table.read_text())))
    assert [(row["image"], row["folder"], float(row["rmse"])) for row in rows] == [
        ("day/a", "fake", 0.0), ("night/a", "fake", 4.0),
        ("day/a", "worse", 30.0), ("night/a", "worse", 30.0),
    ]  # fmt: skip
    # What was written is known as ours: the same command writes it again.
    code, _, err = call(
        "score", folders / "real", folders / "fake", folders / "worse",
        "--metrics", "rmse", "--json", out, "--csv", table,
    )  # fmt: skip
    assert code == 0, err


def test_a_note_names_the_folders_that_it_is_about_among_several(call, folders: Path) -> None:
    for stem in ("day/a", "night/a"):
        save(folders / "worse" / f"{stem}.jpg", np.full((16, 16, 3), 130, np.uint8), quality=90)
    for names, said in (
        (("fake", "worse"), "worse: the references"),
        (("worse",), "the references"),
    ):
        results = [folders / name for name in names]
        code, _, err = call("score", folders / "real", *results, "--metrics", "l1")
        assert code == 0, err
        assert f"siebench: note: {said} are PNG and the results JPEG quality 90" in err
    (folders / "fake" / "notes.txt").touch()
    _, _, err = call("score", folders / "real", *results, folders / "fake", "--metrics", "l1")
    assert f"siebench: note: {folders / 'fake'}: 1 file not read" in err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--cross-check"], "of one folder of results"),
        (["--allow-unpaired", "--resize-real"], "do not go together"),
    ],
)
def test_what_several_folders_do_not_go_with_is_said(call, folders: Path, options, said) -> None:
    code, _, err = call("score", folders / "real", folders / "fake", folders / "real", *options)
    assert code == 2
    assert said in err


def test_a_metric_takes_options_as_a_suite_writes_them(call, folders: Path) -> None:
    code, out, err = call(
        "score", folders / "real", folders / "fake", "--masks", folders / "masks",
        "--metrics", "l1, {name: fd, options: {network: procedural}}",
        "--metrics", "{name: fd-crop, options: {network: procedural, margin: 0, size: 16}}",
        "--json", "-",
    )  # fmt: skip
    assert code == 0, err
    written = strict(out)
    names = {one["metric"] for one in written["scores"]}
    assert {"l1", "fd-procedural", "fd-procedural-crop"} <= names
    records = [record["metric"] for record in written["protocols"].values()]
    crop = next(record["crop"] for record in records if "crop" in record)
    assert (crop["margin"], crop["size"]) == (0, 16)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("{name: fd, options: {netwrk: x}}", "option of metric 'fd': 'netwrk'; did you mean"),
        ("{name: fd, options: {network: 3}}", "option 'network' is 3; expected: text"),
        ("{name: fd", "--metrics, line 1: expected ',' or '}'"),
        ("{nme: fd}", "metric {'nme': 'fd'}: expected a name, or {name: NAME, options: {...}}"),
        ("l1, {name: l1}, 3 {", "--metrics, line 1"),
    ],
)
def test_options_that_do_not_fit_are_one_sentence(
    call, folders: Path, given: str, said: str
) -> None:
    code, _, err = call("score", folders / "real", folders / "fake", "--metrics", given)
    assert code == 2
    assert said in err
    assert len(err.splitlines()) == 1
