import json
import os
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from masks import MaskError, Site, make_protocol, write_pack
from masks.packs.manifest import entries


def test_a_pack_names_protocol_parameters_seed_dataset_and_coverage(pack, streets):
    manifest = json.loads((pack / "manifest.json").read_text())
    assert manifest["protocol"] == "object-remove@1"
    assert manifest["operation"] == "remove"
    assert manifest["parameters"]["dilate"] == 4
    assert manifest["seed"] == 5
    assert (manifest["dataset"], manifest["fingerprint"]) == ("made-up", "f00d")
    assert (manifest["edits"], manifest["impossible"]) == (8, 2)
    protocol = make_protocol("object-remove")
    shares = [
        protocol.draw(site, seed=5, sample=sample).mask.mean()
        for site in streets
        for sample in range(2)
    ]
    assert manifest["coverage"]["mean"] == pytest.approx(np.mean(shares), abs=1e-6)
    assert manifest["coverage"]["least"] == pytest.approx(min(shares), abs=1e-6)
    assert manifest["coverage"]["largest"] == pytest.approx(max(shares), abs=1e-6)


def test_impossible_edits_are_listed_with_their_reason(pack):
    reasons = {(e.scene, e.sample): e.impossible for e in entries(pack) if e.impossible}
    assert set(reasons) == {("plain-0", 0), ("plain-0", 1)}
    assert set(reasons.values()) == {"made-up has no instance maps"}


def test_the_same_edits_make_the_same_list(tmp_path, streets):
    lists = []
    for name in ("a", "b"):
        sites = [(site, 0) for site in streets]
        made = write_pack(tmp_path / name, make_protocol("freeform"), sites, seed=0, fingerprint="")
        lists.append(made)
    assert lists[0] == lists[1]


def test_a_pack_has_the_rights_of_any_new_folder(tmp_path, streets):
    before = os.umask(0o027)
    try:
        sites = [(streets[0], 0)]
        write_pack(tmp_path / "a", make_protocol("freeform"), sites, seed=0, fingerprint="")
        (tmp_path / "plain").mkdir()
    finally:
        os.umask(before)
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_maps_are_written_for_object_edits_and_windows_only(tmp_path, streets):
    folders = {
        "freeform": {},
        "synthesis": {},
        "object-add": {},
        "relabel": {},
        "sesame-remove": {"least": 16, "most": 40, "size": 48},
    }
    with_maps = set()
    for name, parameters in folders.items():
        protocol = make_protocol(name, parameters)
        write_pack(tmp_path / name, protocol, [(streets[0], 0)], seed=0, fingerprint="")
        if (tmp_path / name / "labels").is_dir():
            with_maps.add(name)
    assert with_maps == {"object-add", "relabel", "sesame-remove"}


def test_scene_names_cannot_leave_the_pack(tmp_path, street):
    evil = replace(street, scene="../../evil/..\\x\x00")
    write_pack(tmp_path / "a", make_protocol("freeform"), [(evil, 0)], seed=0, fingerprint="")
    (entry,) = entries(tmp_path / "a")
    assert entry.scene == evil.scene
    assert [path.name for path in (tmp_path / "a" / "masks").iterdir()] == ["000000-_evil_x_-0.png"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a"]


def test_a_folder_that_is_there_is_left_alone(tmp_path, street):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "notes.txt").write_text("mine")
    with pytest.raises(MaskError, match="already there"):
        write_pack(tmp_path / "a", make_protocol("freeform"), [(street, 0)], seed=0, fingerprint="")
    assert (tmp_path / "a" / "notes.txt").read_text() == "mine"


def test_a_pack_that_fails_half_way_leaves_nothing_behind(tmp_path, street):
    def sites():
        yield street, 0
        raise RuntimeError("the dataset broke")

    with pytest.raises(RuntimeError, match="broke"):
        write_pack(tmp_path / "a", make_protocol("freeform"), sites(), seed=0, fingerprint="")
    assert list(tmp_path.iterdir()) == []


def test_a_pack_holds_one_dataset_and_at_least_one_scene(tmp_path, street):
    two = [(street, 0), (replace(street, dataset="other"), 0)]
    with pytest.raises(MaskError, match="one dataset, not made-up and other"):
        write_pack(tmp_path / "a", make_protocol("freeform"), two, seed=0, fingerprint="")
    with pytest.raises(MaskError, match="no scene"):
        write_pack(tmp_path / "a", make_protocol("freeform"), [], seed=0, fingerprint="")


def test_memory_does_not_grow_with_the_number_of_edits(tmp_path):
    def peak(name, count):
        labels = np.zeros((128, 128), np.int32)
        sites = ((Site("d", f"s{i}", labels, None, ("a",)), 0) for i in range(count))
        tracemalloc.start()
        write_pack(tmp_path / name, make_protocol("freeform"), sites, seed=0, fingerprint="")
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used

    peak("warm", 5)
    assert peak("many", 120) < 1.5 * peak("few", 12)
