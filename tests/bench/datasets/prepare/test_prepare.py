"""Datasets are cut out of tiny archives in the official layouts."""

import io
import json
import tarfile
import zipfile

import numpy as np
import pytest
from PIL import Image

from bench.core.errors import BadInput
from bench.datasets import Fit, check_dataset, open_dataset
from bench.datasets.prepare import PREPARATIONS, prepare_dataset
from bench.datasets.prepare.archive import open_sources
from bench.datasets.prepare.celebamask_hq import PARTS

NATIVE = Fit(size=None, mode="native")


def png(array, format="PNG"):
    buffer = io.BytesIO()
    Image.fromarray(np.asarray(array)).save(buffer, format=format)
    return buffer.getvalue()


def ramp(height, width):
    """An image whose red channel is the column and whose green channel is the row."""
    y, x = np.mgrid[0:height, 0:width]
    planes = [x * 255 // width, y * 255 // height, np.zeros_like(x)]
    return np.stack(planes, axis=2).astype(np.uint8)


def write_zip(path, members):
    with zipfile.ZipFile(path, "w") as file:
        for name, data in members.items():
            file.writestr(name, data)
    return path


def write_tar(path, members):
    with tarfile.open(path, "w") as file:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            file.addfile(info, io.BytesIO(data))
    return path


ADE = (
    ("train", "00000001", "bedroom", (300, 400)),
    ("train", "00000002", "beach", (300, 400)),
    ("val", "00000001", "hotel_room", (400, 300)),
    ("val", "00000002", "street", (300, 400)),
)


@pytest.fixture
def scene_parse(tmp_path):
    members = {}
    objects = {}
    lines = []
    for split, number, category, (height, width) in ADE:
        name = f"ADE_{split}_{number}"
        folder = {"train": "training", "val": "validation"}[split]
        labels = np.full((height, width), 8, np.uint8)
        labels[: height // 2] = 0
        instances = np.zeros((height, width, 3), np.uint8)
        instances[-10:, :, 1] = 3
        instances[..., 0] = 77
        members[f"ADEChallengeData2016/images/{folder}/{name}.jpg"] = png(
            ramp(height, width), "JPEG"
        )
        members[f"ADEChallengeData2016/annotations/{folder}/{name}.png"] = png(labels)
        objects[f"annotations_instance/{folder}/{name}.png"] = png(instances)
        lines.append(f"{name} {category}")
    members["ADEChallengeData2016/sceneCategories.txt"] = "\n".join(lines).encode()
    return [
        write_zip(tmp_path / "ADEChallengeData2016.zip", members),
        write_tar(tmp_path / "annotations_instance.tar", objects),
    ]


@pytest.fixture
def streets(tmp_path):
    images, maps = {}, {}
    for split, city in (("train", "aachen"), ("val", "frankfurt")):
        scene = f"{city}_000000_000019"
        labels = np.full((1024, 2048), 7, np.uint8)
        labels[:, 1024:] = 26
        instances = np.where(labels == 26, 26001, 7).astype(np.uint16)
        images[f"leftImg8bit/{split}/{city}/{scene}_leftImg8bit.png"] = png(ramp(1024, 2048))
        maps[f"gtFine/{split}/{city}/{scene}_gtFine_labelIds.png"] = png(labels)
        maps[f"gtFine/{split}/{city}/{scene}_gtFine_instanceIds.png"] = png(instances)
    return [
        write_zip(tmp_path / "leftImg8bit_trainvaltest.zip", images),
        write_zip(tmp_path / "gtFine_trainvaltest.zip", maps),
    ]


def test_a_room_subset_has_the_rooms_alone_and_says_that_it_is_not_the_papers(
    scene_parse, tmp_path
):
    out = tmp_path / "room"
    outcome = prepare_dataset("ade20k_room", scene_parse, out)
    assert open_dataset("ade20k_room", out, "train").ids == ("ADE_train_00000001",)
    assert open_dataset("ade20k_room", out).ids == ("ADE_val_00000001",)
    assert outcome.notes[:3] == (
        "ADE20K-Room: 1 train and 1 test scenes, where the paper has 2,246 train and 255 test",
        "the archives are a part of SceneParse: 2 train and 2 val scenes, where all of it has "
        "20,210 train and 2,000 val",
        "scene categories: bedroom, hotel_room",
    )
    assert check_dataset("ade20k_room", out).problems == ()


def whole_scene_parse(path, rooms):
    """As many images as the official archive has, the first ones rooms: (train, test) of them."""
    image, other = png(ramp(256, 256)), b"never read"
    members, lines = {}, []
    for split, folder, count, chosen in (
        ("train", "training", 20_210, rooms[0]),
        ("val", "validation", 2_000, rooms[1]),
    ):
        for k in range(count):
            name = f"ADE_{split}_{k:08d}"
            read = k < chosen and split == "val"
            members[f"images/{folder}/{name}.jpg"] = image if read else other
            if k < chosen:
                members[f"annotations/{folder}/{name}.png"] = other
            lines.append(f"{name} {'bedroom' if k < chosen else 'beach'}")
    members["sceneCategories.txt"] = "\n".join(lines).encode()
    return write_zip(path, members)


def test_the_whole_official_archive_gives_the_papers_rooms(tmp_path):
    archive = whole_scene_parse(tmp_path / "ADEChallengeData2016.zip", (2246, 255))
    with open_sources([archive]) as sources:
        plan = PREPARATIONS["ade20k_room"].plan(sources)
    assert len(plan.items) == 2246 + 255
    assert plan.notes[0] == "ADE20K-Room: 2,246 train and 255 test scenes, as in the paper"


def test_a_whole_archive_with_other_rooms_is_refused(tmp_path):
    archive = whole_scene_parse(tmp_path / "ADEChallengeData2016.zip", (2246, 254))
    with pytest.raises(
        BadInput, match=r"2,246 train and 254 test scenes, where the paper has .* 255"
    ):
        prepare_dataset("ade20k_room", [archive], tmp_path / "room")
    assert not (tmp_path / "room").exists()


def test_what_a_killed_preparation_left_is_swept_away_and_other_files_stay(scene_parse, tmp_path):
    out = tmp_path / "room"
    prepare_dataset("ade20k_room", scene_parse, out)
    image = out / "test" / "images" / "ADE_val_00000001.png"
    image.unlink()
    half = image.with_name(f".{image.name}.a1b2c3d4.part")
    half.write_bytes(b"half")
    record = out / ".manifest.json.a1b2c3d4.part"
    record.write_text("{")
    other = out / "test" / "images" / ".notes.a1b2c3d4.part"
    other.write_text("mine")
    prepare_dataset("ade20k_room", scene_parse, out)
    assert image.is_file()
    assert not half.exists()
    assert not record.exists()
    assert other.is_file()


def test_landscapes_say_that_their_categories_are_our_choice(scene_parse, tmp_path):
    outcome = prepare_dataset("ade20k_landscape", scene_parse, tmp_path / "land")
    assert "ADE20K-Landscape: 1 train and 0 test scenes" in outcome.notes[0]
    assert "the paper's scene categories were never published: these are our choice" in (
        outcome.notes
    )


def test_rooms_are_scaled_to_a_short_side_of_256_and_test_rooms_cut_to_a_square(
    scene_parse, tmp_path
):
    prepare_dataset("ade20k_room", scene_parse, tmp_path / "room")
    train = open_dataset("ade20k_room", tmp_path / "room", "train").read(
        "ADE_train_00000001", NATIVE
    )
    test = open_dataset("ade20k_room", tmp_path / "room").read("ADE_val_00000001", NATIVE)
    assert train.size == (256, 341)
    assert test.size == (256, 256)
    assert set(np.unique(train.labels)) == {-1, 7}
    assert set(np.unique(train.instances)) == {0, 3}


def test_a_crop_is_where_the_manifest_says_and_the_same_every_time(scene_parse, tmp_path):
    manifests = []
    for name in ("one", "two"):
        prepare_dataset("ade20k_room", scene_parse, tmp_path / name)
        manifests.append(json.loads((tmp_path / name / "manifest.json").read_text()))
    assert manifests[0] == manifests[1]
    about = manifests[0]["scenes"]["test/images/ADE_val_00000001.png"]
    assert about["scaled"] == [341, 256]
    top, left = about["crop"]["corner"]
    assert 0 <= top <= 341 - 256
    assert left == 0
    labels = open_dataset("ade20k_room", tmp_path / "one").read("ADE_val_00000001", NATIVE).labels
    assert int((labels[:, 0] == -1).sum()) == pytest.approx(341 / 2 - top, abs=1)


def test_the_landscape_subset_names_the_categories_that_it_chose(scene_parse, tmp_path):
    outcome = prepare_dataset("ade20k_landscape", scene_parse[:1], tmp_path / "land")
    assert "scene categories: beach" in outcome.notes
    assert any("annotations_instance.tar" in note for note in outcome.notes)
    scene = open_dataset("ade20k_landscape", tmp_path / "land", "train").read(
        "ADE_train_00000002", NATIVE
    )
    assert scene.instances is None


def test_the_whole_of_ade20k_keeps_its_bytes(scene_parse, tmp_path):
    prepare_dataset("ade20k", scene_parse, tmp_path / "ade")
    with zipfile.ZipFile(scene_parse[0]) as file:
        original = file.read("ADEChallengeData2016/images/validation/ADE_val_00000002.jpg")
    assert (tmp_path / "ade/val/images/ADE_val_00000002.jpg").read_bytes() == original
    assert len(open_dataset("ade20k", tmp_path / "ade").ids) == 2


def test_cityscapes_has_frames_of_512x256_and_one_square_crop_of_each_val_frame(streets, tmp_path):
    out = tmp_path / "cityscapes"
    prepare_dataset("cityscapes", streets, out)
    frame = open_dataset("cityscapes", out, "val").read("frankfurt_000000_000019", NATIVE)
    crop = open_dataset("cityscapes", out).read("frankfurt_000000_000019", NATIVE)
    assert frame.size == (256, 512)
    assert set(np.unique(frame.instances)) == {0, 26001}
    manifest = json.loads((out / "manifest.json").read_text())
    place = manifest["scenes"]["test/images/frankfurt_000000_000019.png"]["crop"]
    left = place["corner"][1]
    np.testing.assert_array_equal(crop.image, frame.image[:, left : left + 256])
    np.testing.assert_array_equal(crop.labels, frame.labels[:, left : left + 256])


def test_val_frames_stand_there_in_full_size_too(streets, tmp_path):
    prepare_dataset("cityscapes", streets, tmp_path / "out")
    (scene,) = open_dataset("cityscapes", tmp_path / "out", "val-full").ids
    full = open_dataset("cityscapes", tmp_path / "out", "val-full").read(scene, NATIVE)
    assert full.size == (1024, 2048)


def test_later_parts_of_a_face_are_painted_over_earlier_ones(tmp_path):
    whole = np.full((512, 512), 255, np.uint8)
    half = np.zeros((512, 512), np.uint8)
    half[256:] = 255
    root = "CelebAMask-HQ"
    archive = write_zip(
        tmp_path / "CelebAMask-HQ.zip",
        {
            f"{root}/CelebA-HQ-img/28001.jpg": png(ramp(64, 64), "JPEG"),
            f"{root}/CelebAMask-HQ-mask-anno/14/28001_hair.png": png(half),
            f"{root}/CelebAMask-HQ-mask-anno/14/28001_skin.png": png(whole),
        },
    )
    prepare_dataset("celebamask_hq", [archive], tmp_path / "faces")
    path = tmp_path / "faces/test/labels/28001.png"
    labels = np.asarray(Image.open(path))
    assert (labels[:256] == 1).all()
    assert (labels[256:] == 13).all()


def test_the_face_parts_are_numbered_as_the_label_space_names_them():
    from bench.datasets.spaces import read_space

    assert read_space("celebamask-hq-19").classes[1:] == PARTS


def test_coco_stuff_pairs_images_with_their_maps(tmp_path):
    images = write_zip(tmp_path / "a.zip", {"val2017/000000000139.jpg": png(ramp(40, 60), "JPEG")})
    maps = write_zip(
        tmp_path / "b.zip", {"val2017/000000000139.png": png(np.full((40, 60), 181, np.uint8))}
    )
    prepare_dataset("coco_stuff", [images, maps], tmp_path / "coco")
    scene = open_dataset("coco_stuff", tmp_path / "coco").read("000000000139", NATIVE)
    assert (scene.labels == 181).all()


def test_an_interrupted_preparation_goes_on_and_ends_in_the_same_manifest(streets, tmp_path):
    class KilledError(Exception):
        pass

    def stop(_):
        raise KilledError

    whole, broken = tmp_path / "whole", tmp_path / "broken"
    prepare_dataset("cityscapes", streets, whole)
    with pytest.raises(KilledError):
        prepare_dataset("cityscapes", streets, broken, advance=stop)
    assert json.loads((broken / "manifest.json").read_text())["state"] == "running"
    outcome = prepare_dataset("cityscapes", streets, broken)
    assert (outcome.written, outcome.verified) == (9, 3)
    assert (broken / "manifest.json").read_bytes() == (whole / "manifest.json").read_bytes()


def test_a_finished_preparation_is_verified_and_a_changed_file_named(streets, tmp_path):
    out = tmp_path / "cityscapes"
    prepare_dataset("cityscapes", streets, out)
    assert prepare_dataset("cityscapes", streets, out).written == 0
    file = out / "train/labels/aachen_000000_000019.png"
    file.write_bytes(b"something else")
    with pytest.raises(BadInput, match=r"aachen_000000_000019\.png: is not what the manifest says"):
        prepare_dataset("cityscapes", streets, out)
    file.unlink()
    assert prepare_dataset("cityscapes", streets, out).written == 1


def test_other_archives_do_not_go_on_in_the_same_folder(streets, scene_parse, tmp_path):
    prepare_dataset("cityscapes", streets, tmp_path / "out")
    with pytest.raises(BadInput, match="other downloads"):
        prepare_dataset("ade20k_room", scene_parse, tmp_path / "out")


def test_an_unpacked_folder_does_as_well_as_its_archive(streets, tmp_path):
    for archive in streets:
        with zipfile.ZipFile(archive) as file:
            file.extractall(tmp_path / "unpacked")
    outcome = prepare_dataset("cityscapes", [tmp_path / "unpacked"], tmp_path / "out")
    assert outcome.written == 12


@pytest.mark.parametrize("name", ["../escape.jpg", "/etc/x.jpg", "a/../../x.jpg", "C:/x.jpg"])
def test_a_zip_with_a_path_that_leaves_the_folder_is_refused(tmp_path, name):
    archive = write_zip(tmp_path / "bad.zip", {name: b"x"})
    with pytest.raises(BadInput, match="leaves the folder"):
        prepare_dataset("coco_stuff", [archive], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_zip_with_a_link_is_refused(tmp_path):
    link = zipfile.ZipInfo("val2017/000000000139.jpg")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "bad.zip", "w") as file:
        file.writestr(link, "/etc/passwd")
    with pytest.raises(BadInput, match="is a link"):
        prepare_dataset("coco_stuff", [tmp_path / "bad.zip"], tmp_path / "out")


def test_a_tar_with_a_link_is_refused(tmp_path):
    with tarfile.open(tmp_path / "bad.tar", "w") as file:
        link = tarfile.TarInfo("val2017/000000000139.jpg")
        link.type = tarfile.SYMTYPE
        link.linkname = "/etc/passwd"
        file.addfile(link)
    with pytest.raises(BadInput, match="link or a device"):
        prepare_dataset("coco_stuff", [tmp_path / "bad.tar"], tmp_path / "out")


def test_a_folder_with_a_link_that_leaves_it_is_refused(tmp_path):
    (tmp_path / "outside.jpg").write_bytes(b"x")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "000000000139.jpg").symlink_to(tmp_path / "outside.jpg")
    with pytest.raises(BadInput, match="leaves the folder"):
        prepare_dataset("coco_stuff", [folder], tmp_path / "out")


def test_a_damaged_member_is_named(streets, tmp_path):
    data = bytearray(streets[1].read_bytes())
    at = data.find(b"IDAT") + 20
    data[at] ^= 0xFF
    streets[1].write_bytes(bytes(data))
    with pytest.raises(BadInput, match=r"gtFine_trainvaltest\.zip: .*cannot be read"):
        prepare_dataset("cityscapes", streets, tmp_path / "out")


@pytest.mark.parametrize("name", sorted(PREPARATIONS))
def test_a_download_of_something_else_says_what_is_needed(tmp_path, name):
    archive = write_zip(tmp_path / "other.zip", {"readme.txt": b"hello"})
    with pytest.raises(BadInput, match=r"takes"):
        prepare_dataset(name, [archive], tmp_path / "out")


def test_a_missing_map_is_named_by_its_scene(streets, tmp_path):
    with pytest.raises(BadInput, match="aachen_000000_000019' has no labelIds map"):
        prepare_dataset("cityscapes", streets[:1], tmp_path / "out")


def test_no_archive_at_all_is_said(tmp_path):
    with pytest.raises(BadInput, match="there is no such archive"):
        prepare_dataset("coco_stuff", [tmp_path / "nothing.zip"], tmp_path / "out")
