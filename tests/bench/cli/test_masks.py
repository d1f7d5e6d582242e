"""Packs by command: made, proved, shown, and refused where they lie."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from PIL import Image

from tests.bench.run.made_suite import suite_text, write_data
from tests.bench.suite.test_protocols import LEFT


@pytest.fixture
def pack(call, tmp_path: Path) -> Path:
    data = write_data(tmp_path / "rooms")
    code, out, _ = call(
        "masks", "make", "object-remove", "--data", f"folder={data}",
        "--out", tmp_path / "pack", "--size", 32,
    )  # fmt: skip
    assert code == 0
    assert "4 edits, 1 impossible" in out
    return tmp_path / "pack"


def test_why_edits_are_impossible_is_said_and_a_pack_without_an_edit_is_judged_bad(
    call, tmp_path: Path
) -> None:
    data = write_data(tmp_path / "rooms")
    asked = ("masks", "make", "object-remove", "--data", f"folder={data}", "--size", 32, "--out")
    _, out, _ = call(*asked, tmp_path / "some")
    assert "\n  1x " in out
    shutil.rmtree(data / "instances")
    code, out, _ = call(*asked, tmp_path / "none")
    assert code == 1
    assert "0 edits, 5 impossible\n  5x folder has no instance maps\n" in out


def test_a_dataset_needs_its_name_and_its_folder(call, tmp_path: Path) -> None:
    data = write_data(tmp_path / "rooms")
    for command in (
        ["masks", "make", "freeform", "--out", tmp_path / "p", "--data"],
        ["datasets", "check"],
    ):
        code, _, err = call(*command, data)
        assert code == 2
        assert f"is not of the form NAME=PATH; for a folder of your own write folder={data}" in err
        code, _, err = call(*command, "folder")
        assert code == 2
        assert "'folder' is not of the form NAME=PATH\n" in err


def test_list_names_every_protocol_with_its_parameters(call) -> None:
    code, out, _ = call("masks", "list")
    assert code == 0
    for name in ("freeform@1", "outpainting@1", "object-remove@1", "side = "):
        assert name in out


def test_a_pack_verifies_until_a_pixel_changes(call, pack: Path) -> None:
    assert call("masks", "verify", pack)[0] == 0
    mask = next(path for path in sorted(pack.rglob("*.png")) if "mask" in str(path))
    picture = Image.open(mask)
    picture.putpixel((0, 0), 255 - picture.getpixel((0, 0)))
    picture.save(mask)
    code, out, _ = call("masks", "verify", pack)
    assert code == 1
    assert mask.name in out


def test_a_pack_is_shown_as_one_picture(call, pack: Path, tmp_path: Path) -> None:
    code, out, _ = call("masks", "show", pack, "--out", tmp_path / "sheet.png")
    assert code == 0
    assert "5 edits" in out  # the impossible one stands there too
    assert min(Image.open(tmp_path / "sheet.png").size) >= 32


def test_a_plugins_protocol_makes_a_pack_that_verifies(
    call, install, monkeypatch, tmp_path: Path
) -> None:
    site = install(
        "my-protocols", {"protocols": {"left-band@2": "cli_band:LeftBand"}}, {"cli_band": LEFT}
    )
    data = write_data(tmp_path / "rooms")
    pack = tmp_path / "pack"
    code, out, _ = call(
        "masks", "make", "left-band", "--data", f"folder={data}", "--out", pack,
        "--size", 32, "--parameter", "share=0.25",
    )  # fmt: skip
    assert (code, "5 edits" in out) == (0, True)
    manifest = json.loads((pack / "manifest.json").read_text())
    assert manifest["protocol"] == "left-band@2"
    assert manifest["parameters"] == {"share": 0.25}
    assert call("masks", "verify", pack)[0] == 0
    code, out, _ = call("masks", "list")
    assert "left-band@2 (inpaint): A band at the left of the image is masked." in out
    assert "    share = 0.5 (a number)" in out
    (site / "my_protocols-1.0.dist-info" / "entry_points.txt").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))  # what is installed is looked for once a path
    code, out, _ = call("masks", "verify", pack)
    assert code == 1
    assert "unknown protocol 'left-band@2'" in out


def test_a_modules_protocol_asks_for_trust(call, install, tmp_path: Path) -> None:
    install("loose", {}, {"cli_band": LEFT})
    data = write_data(tmp_path / "rooms")
    wanted = (
        "masks",
        "make",
        "cli_band:LeftBand",
        "--data",
        f"folder={data}",
        "--out",
        tmp_path / "p",
    )
    code, _, err = call(*wanted, "--size", 32)
    assert (code, "agree with --trust" in err) == (2, True)
    assert call(*wanted, "--size", 32, "--trust")[0] == 0


def mask_folder(folder: Path, *names: str) -> Path:
    folder.mkdir()
    for name in names:
        Image.new("L", (32, 32), 255).save(folder / name, format="PNG")
    return folder


def test_pairs_shows_what_goes_with_what_and_what_is_left_over(call, tmp_path: Path) -> None:
    data = write_data(tmp_path / "rooms", count=3)
    folder = mask_folder(tmp_path / "m", "scene0.png", "scene1.PNG", "scene7.png", "._scene2.png")
    code, out, _ = call("masks", "pairs", folder, "--data", f"folder={data}")
    assert code == 1
    assert out.splitlines() == [
        "scene0: scene0.png",
        "scene1: scene1.PNG",
        "scenes without a mask: scene2",
        "masks without a scene: scene7.png",
        "other files, which are not read: ._scene2.png",
    ]
    code, out, _ = call("masks", "pairs", folder, "--data", f"folder={data}", "--sorted")
    assert (code, "scene2: scene7.png" in out) == (0, True)


def test_pairs_refuses_an_order_against_the_numbers(call, tmp_path: Path) -> None:
    data = write_data(tmp_path / "rooms", count=3)
    folder = mask_folder(tmp_path / "m", "2.png", "10.png", "1.png")
    code, _, err = call("masks", "pairs", folder, "--data", f"folder={data}", "--sorted")
    assert code == 2
    assert "scene 'scene1' would get 10.png, where counting gives 2.png" in err


def test_suites_check_finds_masks_that_pair_wrongly(call, tmp_path: Path) -> None:
    data = write_data(tmp_path / "rooms", count=3)
    folder = mask_folder(tmp_path / "m", "2.png", "10.png", "1.png")
    path = tmp_path / "mine.yaml"

    def check(pairing: str) -> tuple[int, str, str]:
        parameters = f"{{folder: {str(folder)!r}, pairing: {pairing}}}"
        task = f"[{{dataset: rooms, protocol: predefined@1, parameters: {parameters}}}]"
        path.write_text(suite_text(data, tasks=task))
        return call("suites", "check", path)

    code, _, err = check("sorted")
    assert code == 2
    assert "task 'rooms-predefined'" in err
    assert "scene 'scene1' would get 10.png" in err
    assert "such as scene0.png; it holds 1.png" in check("stem")[2]
    (folder / "10.png").rename(folder / "3.png")
    assert check("sorted")[0] == 0
    path.write_text(path.read_text().replace(str(data), str(tmp_path / "elsewhere")))
    assert call("suites", "check", path)[0] == 0  # no data here, nothing to pair


def test_a_suite_may_take_its_edits_from_a_pack(call, pack: Path, tmp_path: Path) -> None:
    tasks = f"[{{dataset: rooms, pack: {str(pack)!r}}}]"
    (tmp_path / "made.yaml").write_text(suite_text(tmp_path / "rooms", tasks=tasks))
    code, out, _ = call("run", tmp_path / "made.yaml", "--out", tmp_path / "run")
    assert code == 0
    assert "4 edits, 1 impossible, 0 failed" in out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["freefrom", "--out", "p"], "freefrom"),
        (["freeform", "--out", "p", "--parameter", "segment=3"], "segment"),
        (["freeform", "--out", "p", "--parameter", "segments"], "not of the form NAME=VALUE"),
        (["freeform", "--out", "p", "--fit", "stretch"], "expected crop, resize or native"),
    ],
)
def test_wrong_requests_are_one_sentence(call, tmp_path: Path, arguments, sentence: str) -> None:
    data = write_data(tmp_path / "rooms")
    arguments = [tmp_path / "p" if one == "p" else one for one in arguments]
    code, _, err = call("masks", "make", *arguments, "--data", f"folder={data}")
    assert code == 2
    assert sentence in err
    assert err.count("\n") == 1


def test_what_is_no_pack_is_bad_input_and_not_a_failed_proof(call, tmp_path: Path) -> None:
    code, _, err = call("masks", "verify", tmp_path)
    assert code == 2
    assert "is no pack" in err
    code, _, err = call("masks", "show", tmp_path)
    assert (code, "see `siebench masks pairs`" in err) == (2, True)


def test_a_sheet_that_cannot_be_written_is_one_sentence(call, pack: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    code, _, err = call("masks", "show", pack, "--out", tmp_path / "file" / "sheet.png")
    assert code == 2
    assert err.count("\n") == 1
