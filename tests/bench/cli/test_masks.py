"""Packs by command: made, proved, shown, and refused where they lie."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from tests.bench.run.made_suite import suite_text, write_data


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


def test_a_sheet_that_cannot_be_written_is_one_sentence(call, pack: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    code, _, err = call("masks", "show", pack, "--out", tmp_path / "file" / "sheet.png")
    assert code == 2
    assert err.count("\n") == 1
