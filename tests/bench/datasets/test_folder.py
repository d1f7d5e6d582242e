import json

import numpy as np
import pytest
from PIL import Image

from bench.core.errors import BadInput
from bench.datasets import Fit, labelled_folder, open_dataset

NATIVE = Fit(size=None, mode="native")


def grey(value, size=(8, 6)):
    return np.full(size, value, dtype=np.uint8)


def test_pairs_images_labels_and_instances_by_stem(written):
    written.image("b", suffix=".jpg")
    written.image("a")
    for stem, label in (("a", 1), ("b", 0)):
        written.labels(stem, grey(label))
        written.instances(stem, grey(label + 4))
    dataset = open_dataset("folder", written.root)
    assert dataset.ids == ("a", "b")
    scene = dataset.read("a", NATIVE)
    assert (scene.image.shape, scene.image.dtype) == ((8, 6, 3), np.uint8)
    assert np.unique(scene.labels).tolist() == [1]
    assert np.unique(scene.instances).tolist() == [5]


def test_has_no_instances_where_the_folder_is_not_there(written):
    written.image("a")
    written.labels("a", grey(0))
    assert open_dataset("folder", written.root).read("a", NATIVE).instances is None


def test_names_its_classes_from_classes_json(written):
    written.image("a")
    written.labels("a", grey(255))
    table = {"classes": ["wall", "bed"], "palette": [[1, 2, 3], [4, 5, 6]], "ignored": [0]}
    (written.root / "classes.json").write_text(json.dumps(table))
    dataset = open_dataset("folder", written.root)
    assert dataset.space.classes == ("wall", "bed")
    assert dataset.space.palette == ((1, 2, 3), (4, 5, 6))
    assert dataset.space.ignored == {0}
    assert np.unique(dataset.read("a", NATIVE).labels).tolist() == [-1]


def test_accepts_a_bare_list_of_names_beside_the_splits(written):
    written.root = written.root / "val"
    written.image("a")
    written.labels("a", grey(1))
    (written.root.parent / "classes.json").write_text('["sky", "sea"]')
    dataset = open_dataset("folder", written.root.parent, split="val")
    assert dataset.space.classes == ("sky", "sea")


def test_counts_the_classes_itself_without_a_table(written):
    written.image("a")
    written.labels("a", np.array([[3, 255], [0, 1]], dtype=np.uint8).repeat(4, 0).repeat(3, 1))
    dataset = open_dataset("folder", written.root)
    assert dataset.space.classes == ("class 0", "class 1", "class 2", "class 3")


def test_two_class_lists_are_two_label_spaces(written):
    written.image("a")
    written.labels("a", grey(0))
    names = []
    for table in ('["sky"]', '["sea"]'):
        (written.root / "classes.json").write_text(table)
        names.append(open_dataset("folder", written.root).space.name)
    assert names[0] != names[1]


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ("{", "line 1: is no JSON"),
        ('{"classes": []}', "classes"),
        (
            '{"clases": ["a"]}',
            "clases: is no field; write 'classes'; docs/how-to/use-your-images.md shows",
        ),
        ('["a", "b", "a"]', "the class 'a' is given 2 times"),
        ('{"classes": ["a"], "classes": ["b"]}', "the field 'classes' is given twice"),
        ('{"classes": ["a"], "ignored": [1]}', "ignored: there is no class 1"),
        ('["\\ud800"]', "holds half of a surrogate pair"),
        ('{"classes": ["a"], "colours": []}', "colours"),
        ('{"classes": ["a"], "palette": [[1, 2, 3], [1, 2, 3]]}', "2 colours for 1 classes"),
    ],
)
def test_says_what_is_wrong_with_classes_json(written, table, says):
    written.image("a")
    written.labels("a", grey(0))
    (written.root / "classes.json").write_text(table)
    with pytest.raises(BadInput, match=says) as caught:
        open_dataset("folder", written.root)
    assert "classes.json" in str(caught.value)


def test_reads_palette_files_as_indices_and_16_bit_files_whole(written):
    written.image("a")
    file = written.labels("a", grey(0))
    indexed = Image.fromarray(grey(2)).convert("P")
    indexed.putdata([2] * 48)
    indexed.save(file)
    written.instances("a", np.full((8, 6), 26003, dtype=np.uint16))
    scene = open_dataset("folder", written.root).read("a", NATIVE)
    assert np.unique(scene.labels).tolist() == [2]
    assert np.unique(scene.instances).tolist() == [26003]


def test_refuses_labels_in_colour(written):
    written.image("a")
    file = written.labels("a", grey(0))
    Image.new("RGB", (6, 8)).save(file)
    with pytest.raises(BadInput, match=r"a\.png: has mode RGB"):
        open_dataset("folder", written.root).read("a", NATIVE)


PALETTE = {"classes": ["wall", "bed"], "palette": [[200, 190, 170], [204, 5, 255]]}


@pytest.fixture
def coloured(written):
    """A label map in colours: wall, but for a bed and a void pixel."""
    written.image("a")
    (written.root / "classes.json").write_text(json.dumps(PALETTE))
    file = written.labels("a", grey(0))
    image = Image.new("RGB", (6, 8), (200, 190, 170))
    image.putpixel((2, 1), (204, 5, 255))
    image.putpixel((5, 7), (0, 0, 0))
    image.save(file)
    return file


def test_labels_in_the_colours_of_the_palette_are_numbers(written, coloured):
    labels = open_dataset("folder", written.root).read("a", NATIVE).labels
    expected = np.zeros((8, 6), np.int32)
    expected[1, 2], expected[7, 5] = 1, -1
    assert np.array_equal(labels, expected)
    with Image.open(coloured) as image:
        image.convert("RGBA").save(coloured)
    assert np.array_equal(open_dataset("folder", written.root).read("a", NATIVE).labels, expected)


def test_black_is_a_class_where_the_palette_has_it(written, coloured):
    table = {"classes": [*PALETTE["classes"], "floor"], "palette": [*PALETTE["palette"], [0, 0, 0]]}
    (written.root / "classes.json").write_text(json.dumps(table))
    assert open_dataset("folder", written.root).read("a", NATIVE).labels[7, 5] == 2


def test_a_palette_file_that_numbers_the_classes_colours_in_another_way_is_refused(
    written, coloured
):
    def saved(*colours):
        file = Image.frombytes("P", (6, 8), grey(0).tobytes())
        file.putpixel((2, 1), 1)
        file.putpalette([value for colour in colours for value in colour])
        file.save(coloured)

    wall, bed = PALETTE["palette"]
    saved(bed, wall)
    with pytest.raises(
        BadInput, match=r"a\.png: shows number 0 in the colour \[204, 5, 255\], which is .* class 1"
    ):
        open_dataset("folder", written.root).read("a", NATIVE)
    for colours in ((wall, bed), (bed, (9, 9, 9)), ((0, 0, 0), bed)):
        saved(*colours)
        assert open_dataset("folder", written.root).read("a", NATIVE).labels.sum() == 1
    saved((0, 0, 0), wall)  # one off: the list of classes lacks the background
    with pytest.raises(BadInput, match="shows number 1"):
        open_dataset("folder", written.root).read("a", NATIVE)


def test_a_colour_of_no_class_is_named_with_its_pixels(written, coloured):
    with Image.open(coloured) as image:
        image.putpixel((0, 0), (1, 2, 3))
        image.save(coloured)
    with pytest.raises(
        BadInput, match=r"a\.png: 1 pixel of colour \[1, 2, 3\], which no class has"
    ):
        open_dataset("folder", written.root).read("a", NATIVE)
    same = {"classes": ["a", "b"], "palette": [[200, 190, 170], [200, 190, 170]]}
    (written.root / "classes.json").write_text(json.dumps(same))
    with pytest.raises(BadInput, match="two classes have one colour"):
        open_dataset("folder", written.root).read("a", NATIVE)


def test_a_label_beyond_the_classes_is_named_with_its_place(written):
    written.image("a")
    labels = grey(0)
    labels[5, 2] = 7
    written.labels("a", labels)
    (written.root / "classes.json").write_text('["sky", "sea"]')
    with pytest.raises(BadInput, match=r"a\.png: label 7 at row 5, column 2 is beyond the 2"):
        open_dataset("folder", written.root).read("a", NATIVE)


def test_an_image_and_labels_of_other_shape_are_refused(written):
    written.image("a")
    written.labels("a", grey(0, (8, 16)))
    with pytest.raises(BadInput, match=r"16x8 pixels but its image a\.png is 6x8 pixels"):
        open_dataset("folder", written.root).read("a", NATIVE)


def test_an_unknown_scene_is_named_with_the_nearest_one(written):
    written.image("kitchen_01")
    written.labels("kitchen_01", grey(0))
    with pytest.raises(BadInput, match="did you mean 'kitchen_01'"):
        open_dataset("folder", written.root).read("kitchen_1", NATIVE)


def test_an_unknown_dataset_is_named_with_the_nearest_one():
    with pytest.raises(BadInput, match="did you mean 'cityscapes'"):
        open_dataset("cityscape", None)


def test_a_dataset_on_disk_needs_a_path():
    with pytest.raises(BadInput, match="--data folder=PATH"):
        open_dataset("folder", None)


def test_a_wrong_split_is_answered_with_the_splits_that_are_there(written):
    root = written.root
    written.root = root / "train"
    written.image("a")
    with pytest.raises(BadInput, match="splits found: train"):
        open_dataset("folder", root, split="val")


def test_count_keeps_the_first_scenes(written):
    for stem in "abc":
        written.image(stem)
        written.labels(stem, grey(0))
    assert open_dataset("folder", written.root, count=2).ids == ("a", "b")


def test_the_fingerprint_follows_the_bytes(written):
    written.image("a")
    written.labels("a", grey(0))
    first = open_dataset("folder", written.root).fingerprint()
    assert open_dataset("folder", written.root).fingerprint() == first
    labels = grey(0)
    labels[0, 0] = 1
    written.labels("a", labels)
    assert open_dataset("folder", written.root).fingerprint() != first


def test_hashing_that_takes_long_says_so_once(written, monkeypatch, capsys):
    for stem in "ab":
        written.image(stem)
        written.labels(stem, grey(0))
    at_once = open_dataset("folder", written.root).fingerprint()
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(labelled_folder, "_PATIENCE", -1)
    assert open_dataset("folder", written.root).fingerprint() == at_once
    said = capsys.readouterr().err
    assert said == "siebench: note: the files of folder are hashed first; 0 of 2 scenes are done\n"


def test_the_fingerprint_follows_what_the_table_makes_of_the_files(written):
    colours = [[1, 2, 3], [4, 5, 6]]

    def fingerprint(**table):
        content = json.dumps({"classes": ["wall", "bed"], **table})
        (written.root / "classes.json").write_text(content)
        return open_dataset("folder", str(written.root)).fingerprint()

    written.image("a")
    written.labels("a", grey(1))
    first = fingerprint()
    assert fingerprint(ignored=[0]) not in (first, fingerprint(ignored=[1]))
    assert fingerprint(palette=colours) == fingerprint(palette=colours[::-1]) == first
    written.labels("a", np.full((8, 6, 3), colours[1], np.uint8))
    assert fingerprint(palette=colours) != fingerprint(palette=colours[::-1])
