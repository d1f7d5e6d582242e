import hashlib
import json
import os
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from masks import (
    Impossible,
    MaskError,
    Packed,
    Protocol,
    edit_digest,
    make_protocol,
    verify_pack,
    write_pack,
)
from masks.protocols.sesame_windows import SesameAdd


def test_a_pack_draws_what_its_protocol_drew(pack, streets, plain):
    packed, protocol = Packed(folder=str(pack)), make_protocol("object-remove")
    assert isinstance(packed, Protocol)
    assert packed.operation == "remove"
    assert packed.drawn_by == "object-remove@1"
    for site in streets:
        for sample in range(2):
            fresh = protocol.draw(site, seed=5, sample=sample)
            again = packed.draw(site, seed=5, sample=sample)
            assert edit_digest(again) == edit_digest(fresh)
    assert packed.draw(plain, seed=5) == Impossible("made-up has no instance maps")


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("freeform", {}),
        ("sesame-add", {"least": 30, "size": 48}),
        ("object-move", {}),
        ("relabel", {}),
        ("restyle", {}),
    ],
)
def test_every_kind_of_edit_survives_a_pack(tmp_path, street, name, parameters):
    protocol = make_protocol(name, parameters)
    write_pack(tmp_path / "a", protocol, [(street, 0)], seed=0, fingerprint="")
    again = Packed(folder=str(tmp_path / "a")).draw(street)
    assert edit_digest(again) == edit_digest(protocol.draw(street))


def test_what_the_pack_does_not_hold_is_refused(pack, street):
    packed = make_protocol("pack", {"folder": str(pack)})
    with pytest.raises(MaskError, match="sample 2"):
        packed.draw(street, seed=5, sample=2)
    with pytest.raises(MaskError, match="seed is 5, not 0"):
        packed.draw(street, seed=0)
    with pytest.raises(MaskError, match="dataset is 'made-up', not 'other'"):
        packed.draw(replace(street, dataset="other"), seed=5)
    small = np.zeros((8, 8), np.int32)
    with pytest.raises(MaskError, match=r"of a scene of 96x128 pixels, this one has 8x8"):
        packed.draw(replace(street, labels=small, instances=small), seed=5)


@pytest.mark.parametrize("name", ["sesame-add", "sesame-remove"])
def test_a_window_in_a_scene_of_another_size_is_refused_whatever_it_shows(tmp_path, street, name):
    protocol = make_protocol(name, {"least": 30, "size": 48})
    write_pack(tmp_path / "a", protocol, [(street, 0)], seed=0, fingerprint="")
    large = replace(street, labels=np.pad(street.labels, ((0, 0), (0, 9))), instances=None)
    with pytest.raises(MaskError, match=r"of a scene of 96x128 pixels, this one has 96x137; make"):
        Packed(folder=str(tmp_path / "a")).draw(large)


def without_sizes(folder):
    """The pack as former versions wrote it."""
    text = (folder / "edits.jsonl").read_text().replace(', "size": [96, 128]', "")
    (folder / "edits.jsonl").write_text(text)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["list_sha256"] = hashlib.sha256(text.encode()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def test_of_a_former_pack_a_window_that_leaves_the_scene_is_refused(tmp_path, street):
    protocol = make_protocol("sesame-add", {"least": 30, "size": 48})
    write_pack(tmp_path / "a", protocol, [(street, 0)], seed=0, fingerprint="")
    packed = Packed(folder=str(without_sizes(tmp_path / "a")))
    _, _, bottom, right = packed.draw(street).window
    labels, instances = street.labels[: bottom - 1, :right], street.instances[: bottom - 1, :right]
    with pytest.raises(MaskError, match=rf"not in a scene of {bottom - 1}x{right} pixels; make"):
        packed.draw(replace(street, labels=labels, instances=instances))


@pytest.mark.parametrize("name", ["sesame-add", "sesame-remove"])
def test_of_a_former_pack_a_window_with_other_labels_is_refused(tmp_path, street, name):
    protocol = make_protocol(name, {"least": 30, "size": 48})
    write_pack(tmp_path / "a", protocol, [(street, 0)], seed=0, fingerprint="")
    packed = Packed(folder=str(without_sizes(tmp_path / "a")))
    large = {
        kind: getattr(street, kind).repeat(2, 0).repeat(2, 1) for kind in ("labels", "instances")
    }
    with pytest.raises(
        MaskError, match=r"other labels than the scene in its window .* another size"
    ):
        packed.draw(replace(street, **large))


def test_a_window_may_hold_the_labels_of_another_nearest_pixel(tmp_path, street):
    """As those of a plugin's protocol."""

    class Floor(SesameAdd):
        def draw(self, site, *, seed=0, sample=0):
            drawn = super().draw(site, seed=seed, sample=sample)
            top, left, bottom, _ = drawn.window
            floor = np.arange(self.size) * (bottom - top) // self.size
            return replace(drawn, labels=site.labels[np.ix_(top + floor, left + floor)])

    write_pack(tmp_path / "a", Floor(least=30, size=48), [(street, 0)], seed=0, fingerprint="")
    own = make_protocol("sesame-add", {"least": 30, "size": 48}).draw(street)
    drawn = Packed(folder=str(tmp_path / "a")).draw(street)
    assert (drawn.labels != own.labels).any()


def test_a_damaged_file_is_refused_when_it_is_read(pack, street):
    path = sorted((pack / "labels").iterdir())[0]
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(MaskError, match="differs from its SHA-256"):
        Packed(folder=str(pack)).draw(street, seed=5)
    path.unlink()
    with pytest.raises(MaskError, match="is missing"):
        Packed(folder=str(pack)).draw(street, seed=5)


def test_a_damaged_list_is_refused_before_anything_is_drawn(pack):
    (pack / "edits.jsonl").write_text("")
    with pytest.raises(MaskError, match="differs from the manifest's hash"):
        Packed(folder=str(pack))


def test_a_packs_identity_does_not_depend_on_where_it_lies(pack, tmp_path):
    before = Packed(folder=str(pack)).identity
    pack.rename(tmp_path / "elsewhere")
    assert Packed(folder=str(tmp_path / "elsewhere")).identity == before


def test_a_packs_identity_follows_pixels_not_png_bytes(pack, tmp_path, streets):
    one = Packed(folder=str(pack)).identity
    protocol = make_protocol("object-remove")
    sites = [(site, sample) for site in streets for sample in range(2)]
    write_pack(tmp_path / "fewer", protocol, sites, seed=5, fingerprint="")
    assert Packed(folder=str(tmp_path / "fewer")).identity != one
    rows = [json.loads(line) for line in (pack / "edits.jsonl").read_text().splitlines()]
    for row in rows:
        for kind in ("mask", "labels", "instances"):
            if kind in row:
                path = pack / row[kind]["path"]
                Image.open(path).save(path, compress_level=1)
                row[kind]["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (pack / "edits.jsonl").write_text(text)
    manifest = json.loads((pack / "manifest.json").read_text())
    manifest["list_sha256"] = hashlib.sha256(text.encode()).hexdigest()
    (pack / "manifest.json").write_text(json.dumps(manifest))
    assert verify_pack(pack) == ()
    assert Packed(folder=str(pack)).identity == one


def test_no_folder_is_refused(tmp_path):
    with pytest.raises(MaskError, match="folder is missing"):
        make_protocol("pack")
    with pytest.raises(MaskError, match="is this folder a pack"):
        make_protocol("pack", {"folder": str(tmp_path)})


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[" * 100_000 + "]" * 100_000, "not JSON"),
        ('{"parameters": ' + "[" * 100 + "]" * 100 + "}", "nested more than 64 levels deep"),
        ('{"seed": ' + "9" * 5000 + "}", "not JSON"),
        ('{"seed": NaN}', "NaN is not a finite number"),
        ('{"coverage": {"mean": 1e999}}', "1e999 is not a finite number"),
        ('{"seed": 1, "seed": 2}', "'seed' is given twice"),
    ],
)
def test_a_manifest_without_bounds_is_refused_in_a_sentence(pack, text, says):
    (pack / "manifest.json").write_text(text)
    with pytest.raises(MaskError, match=says):
        Packed(folder=str(pack))


def test_a_pipe_in_place_of_a_manifest_is_not_waited_for(pack):
    (pack / "manifest.json").unlink()
    os.mkfifo(pack / "manifest.json")
    with pytest.raises(MaskError, match="is no regular file"):
        Packed(folder=str(pack))


def test_a_folder_that_no_path_can_name_is_refused(pack):
    with pytest.raises(MaskError, match="cannot be read"):
        Packed(folder=f"{pack}\0")
