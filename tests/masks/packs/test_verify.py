import hashlib
import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from masks import (
    MaskError,
    Packed,
    contact_sheet,
    edit_digest,
    make_protocol,
    verify_pack,
)

GOLDEN = Path(__file__).parents[2] / "golden" / "pack"


def relist(pack, change):
    """Changes the list's entries and makes the manifest agree with the new list."""
    rows = [json.loads(line) for line in (pack / "edits.jsonl").read_text().splitlines()]
    change(rows)
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (pack / "edits.jsonl").write_text(text)
    remanifest(pack, list_sha256=hashlib.sha256(text.encode()).hexdigest())


def remanifest(pack, **fields):
    manifest = json.loads((pack / "manifest.json").read_text())
    (pack / "manifest.json").write_text(json.dumps({**manifest, **fields}))


def first_mask(pack):
    return sorted((pack / "masks").iterdir())[0]


def replace_plane(pack, kind, array):
    """Another picture in place of the first mask (or map), with the hash of its file made to agree."""

    def change(rows):
        path = pack / rows[0][kind]["path"]
        Image.fromarray(array).save(path)
        rows[0][kind]["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()

    relist(pack, change)


def told(pack):
    return "\n".join(map(str, verify_pack(pack)))


def test_a_pack_as_it_was_made_has_no_problem(pack):
    assert verify_pack(pack) == ()


def test_the_golden_pack_still_verifies_and_is_still_what_the_protocol_draws(streets):
    assert verify_pack(GOLDEN) == ()
    packed = Packed(folder=str(GOLDEN))
    protocol = make_protocol(packed.manifest.protocol, packed.manifest.parameters)
    for site in streets:
        fresh = protocol.draw(site, seed=packed.manifest.seed)
        assert edit_digest(packed.draw(site, seed=packed.manifest.seed)) == edit_digest(fresh)


def test_one_flipped_bit_is_found_and_its_file_named(pack):
    path = first_mask(pack)
    changed = bytearray(path.read_bytes())
    changed[-20] ^= 1
    path.write_bytes(changed)
    (problem,) = verify_pack(pack)
    assert problem.path == f"masks/{path.name}"
    assert "SHA-256" in problem.what


def test_a_missing_and_an_extra_file_are_named(pack):
    path = first_mask(pack)
    path.rename(path.with_name("moved.png"))
    assert told(pack) == f"masks/{path.name}: is missing\nmasks/moved.png: is not in the list"


def test_a_changed_list_is_found(pack):
    path = pack / "edits.jsonl"
    path.write_text(path.read_text().replace("street-0", "street-9"))
    assert told(pack) == "edits.jsonl: differs from the manifest's hash"


def test_pixels_that_are_not_those_of_their_hash_are_found(pack):
    replace_plane(pack, "mask", np.full((96, 128), 255, np.uint8))
    assert "its pixels differ" in told(pack)
    assert "its coverage is 1.000000" in told(pack)


def test_a_mask_that_is_not_binary_or_of_another_size_is_found(pack):
    grey = np.full((96, 128), 7, np.uint8)
    grey[0] = 0
    replace_plane(pack, "mask", grey)
    assert "0 and 255" in told(pack)
    replace_plane(pack, "mask", np.full((5, 5), 255, np.uint8))
    assert "not of the mask's size" in told(pack)


def test_an_empty_mask_is_found(pack):
    replace_plane(pack, "mask", np.zeros((96, 128), np.uint8))
    assert "is empty" in told(pack)


@pytest.mark.parametrize("path", ["../outside.png", "/etc/passwd", "masks/../../x.png", "a\\b.png"])
def test_a_path_outside_of_the_pack_is_refused(pack, path):
    def change(rows):
        rows[0]["mask"]["path"] = path

    relist(pack, change)
    assert "leaves the pack" in told(pack)


@pytest.mark.parametrize("path", ["a\0b.png", "long" * 1250 + ".png"])
def test_a_path_that_no_file_can_have_is_one_sentence(pack, path):
    relist(pack, lambda rows: rows[0]["mask"].update(path=path))
    problem = told(pack)
    assert "cannot be the name of a file" in problem or "is missing" in problem
    assert len(problem) < 12_000


def test_a_pack_without_its_list_says_so(pack):
    (pack / "edits.jsonl").unlink()
    assert told(pack) == "edits.jsonl: is missing"
    with pytest.raises(MaskError, match=r"edits\.jsonl: is missing; get the pack again"):
        Packed(folder=str(pack))


@pytest.mark.parametrize("text", ["[]", "[" * 100_000, '{"seed": ' + "9" * 5000 + "}", "{"])
def test_a_manifest_that_is_no_object_is_one_short_sentence(pack, text):
    (pack / "manifest.json").write_text(text)
    assert "manifest.json: " in told(pack)
    assert len(told(pack)) < 300


@pytest.mark.parametrize("name", ["edits.jsonl", "masks"])
def test_a_pipe_in_place_of_a_file_is_not_waited_for(pack, name):
    path = pack / name if name == "edits.jsonl" else first_mask(pack)
    path.unlink()
    os.mkfifo(path)
    assert told(pack)
    with pytest.raises(MaskError, match="is no regular file"):
        contact_sheet(pack, pack / "sheet.png")


def test_a_link_out_of_the_pack_is_refused(pack, tmp_path):
    path = first_mask(pack)
    outside = tmp_path / "outside.png"
    outside.write_bytes(path.read_bytes())
    path.unlink()
    path.symlink_to(outside)
    assert "leaves the pack through a link" in told(pack)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"edits": 3}, "counts 3 edits"),
        ({"impossible": 0}, "0 impossible"),
        ({"coverage": {"mean": 0.9, "least": 0.0, "largest": 1.0}}, "not that of the edits"),
        ({"coverage": {}}, "not that of the edits"),
        ({"coverage": {"mean": "x"}}, "coverage: mean must be a number"),
        ({"coverage": {"largest": {}}}, "coverage: largest must be a number"),
        ({"protocol": "object-remov@1"}, "did you mean 'object-remove@1'"),
        ({"parameters": {"dilate": -1}}, "dilate must be an integer"),
        ({"operation": "add"}, "operation 'add' is not that of object-remove@1"),
        ({"operation": "fill"}, "operation must be one of ('inpaint', 'add', "),
        ({"format": "other@1"}, "the format is 'other@1'"),
        ({"seed": "0"}, "seed must be an integer"),
        ({"surprise": 1}, "'surprise' does not belong here"),
    ],
)
def test_a_manifest_that_lies_is_found(pack, fields, message):
    remanifest(pack, **fields)
    assert message in told(pack)


def test_an_edit_listed_twice_is_found(pack):
    relist(pack, lambda rows: rows.append(rows[0]))
    assert "twice" in told(pack)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda rows: rows[0].pop("mask"), "either a mask or a reason"),
        (lambda rows: rows[0].update(impossible="no"), "either a mask or a reason"),
        (lambda rows: rows[0].pop("scene"), "missing"),
        (lambda rows: rows[0].update(sample="1"), "sample must be an integer"),
        (lambda rows: rows[0].update(mask="a.png"), "expected an object"),
        (lambda rows: rows[0].update(window=[1, 2]), "window"),
        (lambda rows: rows[0].update(window=3), "window"),
        (lambda rows: rows[0].update(truth="maybe"), "truth must be one of"),
        (lambda rows: rows[0].pop("coverage"), "coverage is missing"),
        (lambda rows: rows[0].update(region="x" * 70_000), "is longer than 65,536 characters"),
    ],
)
def test_a_malformed_entry_is_found_with_its_line(pack, change, message):
    relist(pack, change)
    assert message in told(pack)
    assert "line 1" in told(pack)


def test_a_malformed_entry_hides_nothing_that_was_found_before_it(pack):
    first_mask(pack).write_bytes(b"")

    def change(rows):
        rows[-1].pop("scene")

    relist(pack, change)
    before, malformed = verify_pack(pack)
    assert before.what == "differs from its SHA-256"
    assert malformed.path == "edits.jsonl"


def test_a_folder_that_is_no_pack_says_so(tmp_path):
    assert "is this folder a pack?" in told(tmp_path)
