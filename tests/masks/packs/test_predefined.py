import json
import os
import shutil
import unicodedata
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from masks import Impossible, MaskError, Packed, Site, make_protocol, verify_pack, write_pack


def save(folder, name, mask):
    folder.mkdir(exist_ok=True)
    Image.fromarray(mask.astype(np.uint8) * 255).save(folder / name)


def masks_of(count, size=(96, 128)):
    made = np.zeros((count, *size), bool)
    for k in range(count):
        made[k, k : k + 9] = True
    return made


def test_masks_are_paired_by_stem(tmp_path, streets):
    made = masks_of(4)
    for k, site in enumerate(streets):
        save(tmp_path / "m", f"{site.scene}.png", made[k])
    protocol = make_protocol("predefined", {"folder": str(tmp_path / "m")})
    for k, site in enumerate(streets):
        assert (protocol.draw(site).mask == made[k]).all()


def test_masks_are_paired_in_sorted_order(tmp_path, streets):
    made = masks_of(4)
    for k in range(4):
        save(tmp_path / "m", f"{k:04d}.png", made[k])
    protocol = make_protocol("predefined", {"folder": str(tmp_path / "m"), "pairing": "sorted"})
    paired = protocol.paired_with([site.scene for site in reversed(streets)])
    for k, site in enumerate(streets):
        assert (paired.draw(site).mask == made[k]).all()


def test_black_can_be_what_is_painted(tmp_path, street):
    save(tmp_path / "m", "street-0.png", masks_of(1)[0])
    protocol = make_protocol("predefined", {"folder": str(tmp_path / "m"), "painted": "black"})
    assert (protocol.draw(street).mask == ~masks_of(1)[0]).all()


def test_a_scene_without_a_mask_is_refused_by_name(tmp_path, street):
    save(tmp_path / "m", "other.png", masks_of(1)[0])
    with pytest.raises(MaskError, match="no mask for the scene 'street-0' by stem"):
        make_protocol("predefined", {"folder": str(tmp_path / "m")}).draw(street)
    unpaired = make_protocol("predefined", {"folder": str(tmp_path / "m"), "pairing": "sorted"})
    with pytest.raises(MaskError, match="no mask for the scene"):
        unpaired.draw(street)


def test_fewer_masks_than_scenes_are_refused(tmp_path, streets):
    save(tmp_path / "m", "0000.png", masks_of(1)[0])
    protocol = make_protocol(
        "predefined",
        {
            "folder": str(tmp_path / "m"),
            "pairing": "sorted",
            "scenes": [site.scene for site in streets],
        },
    )
    with pytest.raises(MaskError, match="each of 4 scenes, and there are 1"):
        protocol.draw(streets[0])


def numbered(folder, names):
    """One-row masks, the row at the place of the name in the list."""
    folder.mkdir()
    made = {}
    for k, name in enumerate(names):
        made[name] = np.zeros((96, 128), bool)
        made[name][k] = True
        save(folder, name, made[name])
    return made


def sorted_pairs(folder, scenes):
    protocol = make_protocol("predefined", {"folder": str(folder), "pairing": "sorted"})
    return protocol.paired_with(scenes).pairs(scenes)


def test_an_ending_in_capitals_does_not_shift_the_pairs(tmp_path):
    numbered(tmp_path / "m", ["00.PNG", "01.png", "02.Png"])
    pairing = sorted_pairs(tmp_path / "m", ["a", "b", "c"])
    assert pairing.masks == {"a": "00.PNG", "b": "01.png", "c": "02.Png"}


def test_hidden_files_are_no_masks(tmp_path, street):
    made = numbered(tmp_path / "m", ["00.png", "01.png"])
    (tmp_path / "m" / "._00.png").write_bytes(b"what macOS leaves on other disks")
    pairing = sorted_pairs(tmp_path / "m", ["street-0", "street-1"])
    assert pairing.masks == {"street-0": "00.png", "street-1": "01.png"}
    assert pairing.ignored == ("._00.png",)
    protocol = make_protocol("predefined", {"folder": str(tmp_path / "m"), "pairing": "sorted"})
    drawn = protocol.paired_with(["street-0", "street-1"]).draw(street)
    assert (drawn.mask == made["00.png"]).all()


@pytest.mark.parametrize("scenes", [["img", "img (1)"], ["day", "day-1", "day-2"]])
def test_the_sorted_pairing_gives_every_scene_the_mask_of_its_own_name(tmp_path, scenes):
    """Of file names " " and "-" come before the dot of the ending, of names without one behind."""
    numbered(tmp_path / "m", [f"{scene}.png" for scene in scenes])
    protocol = make_protocol("predefined", {"folder": str(tmp_path / "m"), "pairing": "sorted"})
    pairs = protocol.paired_with(scenes).pairs(scenes)
    assert pairs.masks == {scene: f"{scene}.png" for scene in scenes}


@pytest.mark.parametrize("pairing", ["stem", "sorted"])
def test_names_that_a_system_stores_decomposed_go_with_scenes_of_that_name(tmp_path, pairing):
    scenes = ["Zug", "\u00c4cker"]
    numbered(tmp_path / "m", [unicodedata.normalize("NFD", f"{scene}.png") for scene in scenes])
    protocol = make_protocol("predefined", {"folder": str(tmp_path / "m"), "pairing": pairing})
    paired = protocol.paired_with(scenes)
    for k, scene in enumerate(scenes):
        site = Site("d", scene, np.zeros((96, 128), np.int32), None, ("wall",))
        assert paired.draw(site).mask[k].all()


def test_numbers_that_text_sorts_otherwise_are_refused_and_not_guessed(tmp_path):
    numbered(tmp_path / "m", ["1.png", "2.png", "10.png"])
    with pytest.raises(
        MaskError, match=r"scene '002' would get 10\.png, where counting gives 2\.png"
    ):
        sorted_pairs(tmp_path / "m", ["001", "002", "010"])
    # Where both sides sort in the same way, the pairs are those of counting.
    assert sorted_pairs(tmp_path / "m", ["1", "2", "10"]).masks == {
        "1": "1.png", "2": "2.png", "10": "10.png",
    }  # fmt: skip


def test_names_whose_numbers_start_again_are_sorted_as_text(tmp_path):
    numbered(tmp_path / "m", ["0000.png", "0001.png", "0002.png"])
    scenes = ["lindau_000001_000019", "frankfurt_000000_000294", "frankfurt_000001_000019"]
    assert sorted_pairs(tmp_path / "m", scenes).masks == {
        "lindau_000001_000019": "0002.png",
        "frankfurt_000000_000294": "0000.png",
        "frankfurt_000001_000019": "0001.png",
    }


def test_what_is_left_over_on_both_sides_is_named(tmp_path):
    numbered(tmp_path / "m", ["a.png", "c.png", "d.PNG"])
    (tmp_path / "m" / "b.jpg").write_bytes(b"")
    pairing = make_protocol("predefined", {"folder": str(tmp_path / "m")}).pairs(["a", "b", "d"])
    assert pairing.masks == {"a": "a.png", "d": "d.PNG"}
    assert pairing.unmasked == ("b",)
    assert pairing.left_over == ("c.png",)
    assert pairing.ignored == ("b.jpg",)


def test_masks_of_which_none_has_a_scenes_name_are_refused_before_anything_is_drawn(tmp_path):
    numbered(tmp_path / "m", ["a.png"])
    with pytest.raises(MaskError, match=r"such as s-1\.png; it holds a\.png.* pairing: sorted"):
        make_protocol("predefined", {"folder": str(tmp_path / "m")}).paired_with(["s-1", "s-2"])


def test_two_masks_of_one_stem_are_refused(tmp_path):
    numbered(tmp_path / "m", ["a.png", "a.PNG"])
    with pytest.raises(MaskError, match="has the same stem; keep one"):
        make_protocol("predefined", {"folder": str(tmp_path / "m")}).pairs(["a"])


def test_a_palette_mask_is_drawn_by_its_colours(tmp_path, street):
    folder = tmp_path / "m"
    mask = numbered(folder, ["street-0.png"])["street-0.png"]
    image = Image.frombytes("P", (128, 96), (~mask).astype(np.uint8).tobytes())  # 0 = white
    image.putpalette([255] * 3 + [0] * 3)
    image.save(folder / "street-0.png")
    drawn = make_protocol("predefined", {"folder": str(folder)}).draw(street)
    assert (drawn.mask == mask).all()


def test_wrong_sizes_grey_values_and_empty_masks_do_not_pass(tmp_path, street):
    protocol_of = {"folder": str(tmp_path / "m")}
    save(tmp_path / "m", "street-0.png", masks_of(1, (16, 16))[0])
    with pytest.raises(MaskError, match="16x16 pixels, the scene 96x128"):
        make_protocol("predefined", protocol_of).draw(street)
    Image.fromarray(np.full((96, 128), 100, np.uint8)).save(tmp_path / "m" / "street-0.png")
    with pytest.raises(MaskError, match="0 and 255"):
        make_protocol("predefined", protocol_of).draw(street)
    save(tmp_path / "m", "street-0.png", np.zeros((96, 128), bool))
    assert isinstance(make_protocol("predefined", protocol_of).draw(street), Impossible)


def test_a_scene_has_one_predefined_edit(tmp_path, street):
    save(tmp_path / "m", "street-0.png", masks_of(1)[0])
    drawn = make_protocol("predefined", {"folder": str(tmp_path / "m")}).draw(street, sample=1)
    assert isinstance(drawn, Impossible)


def test_the_identity_follows_the_pixels_and_how_they_are_read(tmp_path, street):
    save(tmp_path / "m", "street-0.png", masks_of(1)[0])
    one = make_protocol("predefined", {"folder": str(tmp_path / "m")}).identity
    save(tmp_path / "m", "street-0.png", ~masks_of(1)[0])
    assert make_protocol("predefined", {"folder": str(tmp_path / "m")}).identity != one
    black = make_protocol("predefined", {"folder": str(tmp_path / "m"), "painted": "black"})
    white = make_protocol("predefined", {"folder": str(tmp_path / "m"), "painted": "white"})
    assert black.identity != white.identity


def pack_of(masks_folder, out, streets):
    protocol = make_protocol("predefined", {"folder": str(masks_folder)})
    paired = protocol.paired_with([site.scene for site in streets])
    write_pack(out, paired, ((site, 0) for site in streets), seed=0, fingerprint="")
    return Packed(folder=str(out))


def test_a_pack_of_the_same_masks_is_the_same_wherever_they_lay(tmp_path, streets):
    for folder in ("here", "elsewhere"):
        for site, mask in zip(streets, masks_of(4), strict=True):
            save(tmp_path / folder, f"{site.scene}.png", mask)
    here = pack_of(tmp_path / "here", tmp_path / "one", streets)
    there = pack_of(tmp_path / "elsewhere", tmp_path / "two", streets)
    assert here.identity == there.identity
    for name in ("manifest.json", "edits.jsonl"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    save(tmp_path / "here", f"{streets[0].scene}.png", ~masks_of(1)[0])
    assert pack_of(tmp_path / "here", tmp_path / "three", streets).identity != here.identity


def test_a_pack_outlives_the_folder_that_its_masks_came_from(tmp_path, streets):
    for site, mask in zip(streets, masks_of(4), strict=True):
        save(tmp_path / "m", f"{site.scene}.png", mask)
    packed = pack_of(tmp_path / "m", tmp_path / "pack", streets)
    shutil.rmtree(tmp_path / "m")
    assert verify_pack(tmp_path / "pack") == ()
    assert (packed.draw(streets[1]).mask == masks_of(4)[1]).all()


def test_an_older_pack_that_names_its_folder_is_the_same_pack(tmp_path, streets):
    for site, mask in zip(streets, masks_of(4), strict=True):
        save(tmp_path / "m", f"{site.scene}.png", mask)
    now = pack_of(tmp_path / "m", tmp_path / "pack", streets).identity
    written = json.loads((tmp_path / "pack" / "manifest.json").read_text())
    written["parameters"] = {"folder": "/home/another/masks", **written["parameters"]}
    (tmp_path / "pack" / "manifest.json").write_text(json.dumps(written))
    assert verify_pack(tmp_path / "pack") == ()
    assert Packed(folder=str(tmp_path / "pack")).identity == now


def test_a_folder_that_is_not_there_or_empty_is_refused(tmp_path):
    with pytest.raises(MaskError, match="not a folder of masks"):
        make_protocol("predefined", {"folder": str(tmp_path / "none")})
    with pytest.raises(MaskError, match="holds no PNG file"):
        make_protocol("predefined", {"folder": str(tmp_path)})


@pytest.mark.skipif("SIEBENCH_DATA" not in os.environ, reason="SIEBENCH_DATA is not set")
def test_the_published_test_masks_pair_with_sorted_scenes():
    folder = Path(os.environ["SIEBENCH_DATA"]) / "spmpgan_masks"
    protocol = make_protocol(
        "predefined",
        {"folder": str(folder), "pairing": "sorted", "scenes": ["c.jpg", "a.jpg", "b.jpg"]},
    )
    labels = np.zeros((256, 256), np.int32)
    site = Site("d", "", labels, None, ("a",))
    shares = [
        protocol.draw(replace(site, scene=s)).mask.mean() for s in ("a.jpg", "b.jpg", "c.jpg")
    ]
    assert shares == pytest.approx([0.251, 0.5, 0.75], abs=5e-4)
    outpainting = make_protocol("outpainting").draw(site).mask
    assert (protocol.draw(replace(site, scene="b.jpg")).mask == outpainting).all()


def test_masks_are_the_same_ones_however_a_system_spells_their_names(tmp_path):
    found = []
    for form in ("NFC", "NFD"):
        for k, name in enumerate(("\u00e4", "b")):
            save(tmp_path / form, unicodedata.normalize(form, f"{name}.png"), masks_of(2)[k])
        found.append(make_protocol("predefined", {"folder": str(tmp_path / form)}).identity)
    assert found[0] == found[1]


def test_a_name_that_is_not_utf8_is_refused_before_anything_is_drawn(tmp_path):
    save(tmp_path / "m", "a.png", masks_of(1)[0])
    try:
        (tmp_path / "m" / "a.png").rename(tmp_path / "m" / "\udce9.png")
    except (OSError, ValueError):
        pytest.skip("this file system takes names in UTF-8 only")
    with pytest.raises(MaskError, match=r"holds '\\udce9\.png', a name that is not UTF-8; rename"):
        make_protocol("predefined", {"folder": str(tmp_path / "m")})
