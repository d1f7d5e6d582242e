"""A run is verified file by file, and every file that is wrong is named."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from bench.cli.terminal.outcome import finish
from bench.core.errors import BadInput
from bench.run.certify import certify
from bench.run.suite_run import run_suite
from bench.run.verify import verify_run
from bench.suite.schema import parse_suite
from tests.bench.run.made_suite import suite_text, write_data

GOLDEN = Path(__file__).parents[2] / "golden" / "run-format-1"
TASK = "rooms-freeform"


def suite_of(root: Path):
    text = suite_text(
        write_data(root / "rooms", 2),
        methods="[copy]",
        tasks="[{dataset: rooms, protocol: freeform@1}]",
    )
    return parse_suite(text, "made.yaml")


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    root: Path = tmp_path_factory.mktemp("verify")
    run_suite(suite_of(root), out=root / "run", device="cpu")
    return root / "run"


@pytest.fixture
def copied(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "run"))


def test_a_whole_run_is_good(whole: Path) -> None:
    assert verify_run(whole) == []


@pytest.mark.parametrize(
    ("file", "why"),
    [
        (f"predictions/{TASK}/copy/scene0.png", "is missing"),
        (f"edits/{TASK}/scene1/target.png", "is missing"),
        (f"references/{TASK}/00000.parquet", "is missing"),
        (f"unmade/{TASK}/00000.parquet", "is missing"),
        ("scores.parquet", "is missing"),
    ],
)
def test_a_missing_file_is_named(copied: Path, file: str, why: str) -> None:
    (copied / file).unlink()
    assert f"{file}: {why}" in verify_run(copied)


def test_a_missing_shard_is_noticed(copied: Path) -> None:
    (copied / f"samples/{TASK}/00000.parquet").unlink()
    assert f"samples/{TASK}: tables for 0 edits, but 2 were planned" in verify_run(copied)


def test_an_image_with_other_pixels_and_one_that_no_table_names_are_named(copied: Path) -> None:
    folder = copied / "predictions" / TASK / "copy"
    with Image.open(folder / "scene0.png") as image:
        image.putpixel((3, 3), (1, 2, 3))
        image.save(folder / "scene0.png")
    Image.new("RGB", (32, 32)).save(folder / "stranger.png")
    assert verify_run(copied) == [
        f"predictions/{TASK}/copy/scene0.png: is not the image that was written",
        f"predictions/{TASK}/copy/stranger.png: no table names it",
    ]


def changed(file: Path, column: str, value: float | None) -> None:
    """Writes another value into the first row of a table, as somebody would who wants it better."""
    table = pq.read_table(file)
    at = table.schema.get_field_index(column)
    values = [value, *table[column].to_pylist()[1:]]
    written = table.set_column(at, table.schema.field(at), pa.array(values, table.schema.types[at]))
    pq.write_table(written.replace_schema_metadata(table.schema.metadata), file)


@pytest.mark.parametrize(
    ("file", "column", "value", "said"),
    [
        (
            "scores.parquet",
            "value",
            99.0,
            "is 99 (n = 2), but the mean of its samples is inf (n = 2)",
        ),
        ("scores.parquet", "n", 9, "is inf (n = 9), but the mean of its samples is inf (n = 2)"),
        (
            f"samples/{TASK}/00000.parquet",
            "psnr",
            None,  # a bad edit left out of the mean
            "is inf (n = 2), but the mean of its samples is inf (n = 1)",
        ),
    ],
)
def test_a_score_that_is_not_the_mean_of_its_samples_is_named_and_not_certified(
    copied: Path, file: str, column: str, value: float | None, said: str
) -> None:
    changed(copied / file, column, value)
    assert verify_run(copied) == [f"scores.parquet: psnr of 'copy' at {TASK!r} {said}"]
    with pytest.raises(BadInput, match=r"psnr of 'copy' .* mean of its samples"):
        certify(copied)


def test_a_record_that_says_other_than_was_hashed_is_named(copied: Path) -> None:
    file = copied / "run.json"
    header = json.loads(file.read_text(encoding="utf-8"))
    known, protocol = next(iter(header["protocols"].items()))
    protocol["n_scenes"] = 2000  # as a paper says, so that the two could be compared
    header["methods"][0]["record"]["seed"] = 1
    file.write_text(json.dumps(header), encoding="utf-8")
    assert verify_run(copied) == [
        f"run.json: the record of protocol {known[:12]} is not what was hashed",
        "run.json: the record of method 'copy' is not what was hashed",
    ]


@pytest.mark.parametrize("table", ["references", "outputs", "canaries"])
def test_a_flipped_byte_in_a_table_is_noticed_and_mended(
    copied: Path, whole: Path, table: str
) -> None:
    file = copied / table / TASK / "00000.parquet"
    content = bytearray(file.read_bytes())
    content[60] ^= 0xFF
    file.write_bytes(content)
    assert verify_run(copied) == [f"{table}/{TASK}/00000.parquet: cannot be read"]
    outcome = run_suite(suite_of(whole.parent), out=copied, device="cpu")
    assert (outcome.carried_out, verify_run(copied)) == (0, [])


def test_an_image_saved_anew_with_the_same_pixels_is_good(copied: Path) -> None:
    file = copied / "predictions" / TASK / "copy" / "scene0.png"
    with Image.open(file) as image:
        image.save(file, compress_level=9)
    assert verify_run(copied) == []


def test_the_end_of_a_run_says_what_was_reused_and_made_again(
    copied: Path, whole: Path, capsys
) -> None:
    (copied / f"predictions/{TASK}/copy/scene0.png").unlink()
    suite = suite_of(whole.parent)
    finish(run_suite(suite, out=copied, device="cpu"))
    said = capsys.readouterr().out.splitlines()
    assert f"made again: predictions/{TASK}/copy/scene0.png: is missing" in said
    assert "reused 1 result of copy; carried out 1" in said


def test_a_run_without_hashes_is_looked_at_for_missing_and_broken_files(tmp_path: Path) -> None:
    copied = Path(shutil.copytree(GOLDEN, tmp_path / "run"))
    assert verify_run(copied) == []
    image = min(copied.glob("predictions/*/*/*.png"))
    image.write_bytes(b"no image")
    assert verify_run(copied) == [
        f"{image.relative_to(copied).as_posix()}: cannot be read as an image"
    ]
