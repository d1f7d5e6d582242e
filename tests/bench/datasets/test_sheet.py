import numpy as np

from bench.datasets import draw_sheet, open_dataset
from bench.datasets.sheet import colour_labels


def test_label_maps_are_drawn_in_the_palette_and_void_in_black():
    space = open_dataset("procedural-rooms", None, count=1).space
    image = colour_labels(np.array([[0, 13, -1]], dtype=np.int32), space)
    assert image.tolist() == [[list(space.palette[0]), list(space.palette[13]), [0, 0, 0]]]


def test_a_sheet_shows_every_scene_beside_its_label_map():
    dataset = open_dataset("procedural-streets", None, count=5)
    sheet = np.asarray(draw_sheet(dataset, dataset.ids, size=48, columns=2))
    assert sheet.shape[1] == 2 * (2 * 48 + 6 + 6) + 6
    scene = dataset.read(dataset.ids[3], _square(48))
    left, top = 6 + (2 * 48 + 12), 6 + 48 + 16
    assert np.array_equal(sheet[top : top + 48, left : left + 48], scene.image)
    labels = colour_labels(scene.labels, dataset.space)
    assert np.array_equal(sheet[top : top + 48, left + 50 : left + 98], labels)


def test_real_datasets_have_sheets_too(written):
    written.image("a", size=(30, 20))
    written.labels("a", np.zeros((30, 20), dtype=np.uint8))
    dataset = open_dataset("folder", written.root)
    assert draw_sheet(dataset, dataset.ids, size=32).width == 6 + 2 * 32 + 6 + 6


def _square(side):
    from bench.datasets import Fit

    return Fit((side, side))
