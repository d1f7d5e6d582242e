"""What is wrong with a folder is said scene by scene; the right form of each fault is good."""

import json
import os

import numpy as np
import pytest
from PIL import Image

from bench.core import images
from bench.core.errors import BadInput
from bench.datasets import check_dataset, planes


def whole(written, stem, labels=None):
    written.image(stem)
    written.labels(stem, np.zeros((8, 6), dtype=np.uint8) if labels is None else labels)
    written.instances(stem, np.zeros((8, 6), dtype=np.uint8))


def halves(one, other, dtype=np.uint8, size=(8, 6)):
    """A map whose upper half is one number and whose lower half another."""
    values = np.full(size, one, dtype=dtype)
    values[size[0] // 2 :] = other
    return values


def problems(written, name="folder"):
    return [str(found) for found in check_dataset(name, written.root).problems]


def notes(written):
    return list(check_dataset("folder", written.root).notes)


def name_classes(written, *names):
    (written.root / "classes.json").write_text(json.dumps(list(names)))


def test_a_good_folder_has_no_problems(written):
    whole(written, "a", halves(0, 1))
    assert problems(written) == []
    assert notes(written) == []


def test_every_file_is_decoded_once(written, monkeypatch):
    whole(written, "a", halves(0, 1))
    name_classes(written, "sky", "sea")
    decoded = []

    def counted(inner):
        return lambda path: decoded.append(path.relative_to(written.root).as_posix()) or inner(path)

    monkeypatch.setattr(planes, "opened", counted(planes.opened))
    monkeypatch.setattr(images, "_plain_png", counted(images._plain_png))
    assert problems(written) == []
    assert sorted(decoded) == ["images/a.png", "instances/a.png", "labels/a.png"]


def test_every_fault_is_reported_and_none_hides_another(written):
    for stem in "abcdefg":
        whole(written, stem)
    name_classes(written, "sky", "sea")
    written.image("a").write_bytes(b"no image")
    (written.root / "labels" / "b.png").unlink()
    written.labels("c", np.full((8, 6), 9, dtype=np.uint8))
    written.labels("d", np.zeros((3, 6), dtype=np.uint8))
    (written.root / "images" / "e.png").unlink()
    (written.root / "instances" / "f.png").write_bytes(b"")
    found = {one.scene: one.what for one in check_dataset("folder", written.root).problems}
    assert sorted(found) == ["a", "b", "c", "d", "e", "f"]
    assert "images/a.png" in found["a"]
    assert "labels/b.png: this file is missing" in found["b"]
    assert "label 9 at row 0, column 0" in found["c"]
    assert "one size" in found["d"]
    assert "labels but no image" in found["e"]
    assert "instances/f.png" in found["f"]


def test_a_scene_with_two_faults_has_two_problems(written):
    whole(written, "a")
    written.image("a").write_bytes(b"no image")
    written.labels("a", np.zeros((8, 6), dtype=np.uint8)).write_bytes(b"no labels")
    assert len(problems(written)) == 2


def test_a_folder_of_another_layout_is_judged_bad(tmp_path):
    (tmp_path / "images").mkdir()
    (tmp_path / "labels").mkdir()
    for name, path, says in (
        ("folder", tmp_path, "holds no image"),
        ("cityscapes", tmp_path / "images", "holds no folder test/images"),
    ):
        (problem,) = check_dataset(name, path).problems
        assert says in str(problem)


def test_a_pipe_among_the_files_is_named_and_not_waited_for(written):
    whole(written, "a", halves(0, 1))
    for folder, stem in (("images", "b"), ("labels", "c")):
        whole(written, stem, halves(0, 1))
        file = written.root / folder / f"{stem}.png"
        file.unlink()
        os.mkfifo(file)
    found = {one.scene: one.what for one in check_dataset("folder", written.root).problems}
    assert found.keys() == {"b", "c"}
    assert "images/b.png: is a pipe or a device" in found["b"]
    assert "labels/c.png: is a pipe or a device" in found["c"]


def test_where_there_is_nothing_to_judge_the_input_is_bad(tmp_path):
    with pytest.raises(BadInput, match="no such folder"):
        check_dataset("folder", tmp_path / "nowhere")
    with pytest.raises(BadInput, match="did you mean 'cityscapes'"):
        check_dataset("cityscope", tmp_path)
    with pytest.raises(BadInput, match="is drawn and takes no folder"):
        check_dataset("procedural-rooms", tmp_path)


def test_ignored_pixels_of_training_code_are_no_class(written):
    whole(written, "a")
    Image.fromarray(halves(0, -100, np.int32)).save(written.root / "labels" / "a.tif")
    (written.root / "labels" / "a.png").unlink()
    (problem,) = problems(written)
    assert "a.tif: label -100 at row 4, column 0 is below 0; -100 marks ignored pixels" in problem


def test_void_of_16_bits_makes_no_classes(written):
    whole(written, "a", halves(3, 65535, np.uint16))
    assert problems(written) == []
    assert notes(written) == ["3 of 4 classes never occur: class 0, class 1, class 2"]


def test_masks_in_place_of_labels_are_noticed(written):
    whole(written, "a", halves(0, 255))
    (problem,) = problems(written)
    assert "every label is 0 or 255, and 255 is void, so one class would be left" in problem
    name_classes(written, "sky", "sea")
    (problem,) = problems(written)
    assert "every label is 0 or 255, as in masks, although there are 2 classes" in problem
    whole(written, "a", halves(0, 1))
    assert problems(written) == []


def test_one_class_and_void_is_good_where_the_class_has_a_name(written):
    whole(written, "a", halves(0, 255))
    name_classes(written, "sky")
    assert problems(written) == []


def test_object_ids_and_colours_are_no_class_numbers(written):
    whole(written, "a")
    (written.root / "labels" / "a.png").unlink()
    Image.fromarray(halves(0, 99_999_999, np.int32)).save(written.root / "labels" / "a.tif")
    (problem,) = problems(written)
    assert "a.tif: label 99999999 would make 100,000,000 classes" in problem


def test_grey_images_among_coloured_ones_are_noted(written):
    for stem in "abc":
        whole(written, stem)
    file = written.root / "images" / "b.png"
    Image.open(file).convert("L").save(file)
    assert problems(written) == []
    assert [one for one in notes(written) if "grey" in one] == [
        f"1 of 3 images are grey, as {file}: they are read as RGB"
    ]


def test_a_square_image_that_exif_turns_cannot_be_laid_over_its_labels(written):
    whole(written, "a")
    exif = Image.Exif()
    exif[0x0112] = 6
    image = Image.open(written.image("a", size=(8, 8)))
    image.save(written.root / "images" / "a.png", exif=exif)
    labels = halves(0, 1, size=(8, 8))
    written.labels("a", labels)
    written.instances("a", np.zeros((8, 8), np.uint8))
    (problem,) = problems(written)
    assert "images/a.png: its EXIF orientation (6) turns it and keeps its shape" in problem
    # Maps that say themselves that they are turned in the same way are understood.
    for folder in ("labels", "instances"):
        file = written.root / folder / "a.png"
        Image.open(file).save(file, exif=exif)
    assert problems(written) == []
    assert notes(written)[0].startswith("1 of 1 images are turned by their EXIF orientation")
    image.save(written.root / "images" / "a.png")
    written.labels("a", labels)
    written.instances("a", np.zeros((8, 8), np.uint8))
    assert problems(written) == []
    assert notes(written) == []


@pytest.mark.parametrize("turned", [2, 3, 4])
def test_an_image_that_exif_mirrors_or_stands_on_its_head_cannot_be_laid_over_its_labels(
    written, turned
):
    whole(written, "a", halves(0, 1))
    exif = Image.Exif()
    exif[0x0112] = turned
    file = written.root / "images" / "a.png"
    Image.open(file).save(file, exif=exif)
    (problem,) = problems(written)
    assert f"images/a.png: its EXIF orientation ({turned}) turns it and keeps its shape" in problem


def test_an_image_on_its_side_is_told_by_its_shape_from_maps_that_are_not(written):
    exif = Image.Exif()
    exif[0x0112] = 6
    for stem in "ab":
        whole(written, stem, halves(0, 1))
        Image.open(written.image(stem, size=(6, 8))).save(
            written.root / "images" / f"{stem}.png", exif=exif
        )
    assert problems(written) == []
    assert [one for one in notes(written) if "EXIF" in one] == [
        "2 of 2 images are turned by their EXIF orientation, as "
        f"{written.root / 'images' / 'a.png'}: their label maps must be turned too"
    ]


def palette_file(written, stem, numbers, *colours):
    """A label map as palette PNG."""
    file = Image.frombytes("P", (6, 8), numbers.tobytes())
    file.putpalette([value for colour in colours for value in colour])
    (written.root / "labels").mkdir(parents=True, exist_ok=True)
    file.save(written.root / "labels" / f"{stem}.png")


RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


def test_palette_files_that_number_their_colours_in_other_ways_are_a_problem(written):
    for stem, colours in (("a", (RED, GREEN)), ("b", (GREEN, RED))):
        written.image(stem)
        palette_file(written, stem, halves(0, 1), *colours)
    (problem,) = problems(written)
    assert (
        "labels/b.png: shows number 1 in the colour [255, 0, 0], which is number 0 in a.png"
        in problem
    )
    name_classes(written, "sky", "sea")
    (problem,) = problems(written)
    assert "which is number 0 in a.png" in problem
    palette_file(written, "b", halves(0, 1), RED, GREEN)
    assert problems(written) == []


def test_palettes_that_share_no_colour_or_have_one_twice_may_differ(written):
    for stem, colours in (("a", (RED, RED, GREEN)), ("b", (RED, RED, BLUE))):
        written.image(stem)
        numbers = halves(0, 1)
        numbers[0, 0] = 2
        palette_file(written, stem, numbers, *colours)
    assert problems(written) == []


def test_label_maps_that_were_scaled_smoothly_are_noted(written):
    random = np.random.default_rng(0)
    patches = random.integers(0, 9, (12, 12), np.uint8).repeat(8, axis=0).repeat(8, axis=1)
    written.image("a", size=(96, 96))
    written.labels("a", patches)
    assert notes(written) == []
    smooth = Image.fromarray(patches * 20).resize((64, 64), Image.Resampling.BICUBIC)
    written.labels("a", np.asarray(smooth))
    said = "1 of 1 label maps go from class to class in steps over other classes"
    assert any(note.startswith(said) and "a.png" in note for note in notes(written))
    small = Image.fromarray(patches * 20).resize((64, 64), Image.Resampling.NEAREST)
    written.labels("a", np.asarray(small))
    assert not any("in steps" in note for note in notes(written))


def test_object_maps_that_repeat_the_label_maps_are_noted(written):
    whole(written, "a", halves(0, 1))
    written.instances("a", halves(0, 1))
    assert any("every object map repeats its label map" in note for note in notes(written))
    whole(written, "b", halves(0, 1))
    written.instances("b", halves(1, 2))
    assert notes(written) == []


def test_nearly_black_and_transparent_images_are_noted(written):
    for stem in "ab":
        whole(written, stem, halves(0, 1))
    dark, clear = (written.root / "images" / f"{stem}.png" for stem in "ab")
    Image.fromarray(np.full((8, 6), 4095, np.uint16)).save(dark)
    alpha = Image.fromarray(halves(0, 255))
    image = Image.open(clear).convert("RGB")
    image.putalpha(alpha)
    image.save(clear)
    found = notes(written)
    assert any(
        one.startswith("1 of 2 images are nearly black") and str(dark) in one for one in found
    )
    assert any(f"have transparent pixels, as {clear}" in one for one in found)
    image.putalpha(255)
    image.save(clear)
    assert not any("transparent" in one for one in notes(written))


def test_what_is_not_read_is_named(written):
    whole(written, "a", halves(0, 1))
    (written.root / "images" / "more").mkdir()
    (written.root / "images" / "b.heic").write_bytes(b"")
    (written.root / "images" / ".hidden").write_bytes(b"")
    (written.root / "classes.txt").write_text("sky")
    assert notes(written) == [
        f"{written.root / 'images'}: not read: b.heic, more/",
        f"{written.root}: classes.txt is not read; the names of classes stand in classes.json",
    ]
    name_classes(written, "sky", "sea")
    assert len(notes(written)) == 1


def test_a_folder_without_images_says_what_it_holds_instead(written):
    whole(written, "a")
    file = written.root / "images" / "a.png"
    file.rename(file.with_suffix(".heic"))
    (problem,) = problems(written)
    assert "images: holds no image (of .bmp, .jpeg" in problem
    assert "found: a.heic" in problem
    (written.root / "images" / "day").mkdir()
    (problem,) = problems(written)
    assert "(not looked into: day/; images lie side by side" in problem


def test_a_class_list_with_a_name_twice_is_a_problem_and_a_byte_order_mark_is_none(written):
    whole(written, "a", halves(0, 1))
    name_classes(written, "sky", "sea", "sky")
    (problem,) = problems(written)
    assert "classes.json: the class 'sky' is given 2 times" in problem
    (written.root / "classes.json").write_bytes(b'\xef\xbb\xbf["sky", "sea"]')
    assert problems(written) == []


def test_a_scene_of_void_alone_is_a_problem_and_much_void_a_note(written):
    whole(written, "a", halves(0, 1))
    whole(written, "b", np.full((8, 6), 255, np.uint8))
    name_classes(written, "sky", "sea")
    (problem,) = problems(written)
    assert "labels/b.png: every pixel is void" in problem
    written.labels("a", halves(255, 1))
    assert "75% of all pixels are void" in notes(written)[0]


def test_absent_classes_are_named_and_ignored_ones_left_out(written):
    whole(written, "a", halves(0, 1))
    table = {"classes": ["sky", "sea", "sand", "rock"], "ignored": [3]}
    (written.root / "classes.json").write_text(json.dumps(table))
    assert notes(written) == ["1 of 3 classes never occur: sand"]
