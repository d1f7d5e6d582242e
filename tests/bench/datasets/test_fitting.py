import numpy as np
import pytest
from PIL import Image

from bench.datasets.dataset import Fit
from bench.datasets.fitting import fit_image, fit_plane, grid_of, same_shape


def test_resize_scales_both_sides():
    assert grid_of((100, 200), Fit((64, 64))).scaled == (64, 64)


@pytest.mark.parametrize(
    ("size", "scaled", "box"),
    [
        ((100, 200), (64, 128), (0, 32, 64, 96)),
        ((200, 100), (128, 64), (32, 0, 96, 64)),
        ((64, 64), (64, 64), (0, 0, 64, 64)),
        ((426, 640), (64, 96), (0, 16, 64, 80)),
    ],
)
def test_crop_covers_the_size_and_keeps_the_centre(size, scaled, box):
    grid = grid_of(size, Fit((64, 64), "crop"))
    assert (grid.scaled, grid.box) == (scaled, box)


def test_crop_covers_wide_targets_too():
    grid = grid_of((100, 100), Fit((64, 128), "crop"))
    assert (grid.scaled, grid.box) == ((128, 128), (32, 0, 96, 128))


def test_native_leaves_the_image_as_it_is():
    image = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    assert np.array_equal(fit_image(image, grid_of((2, 4), Fit(None, "native"))), image)


def test_a_fit_brings_image_labels_and_objects_onto_one_grid():
    image = np.random.RandomState(1).randint(0, 256, (20, 40, 3)).astype(np.uint8)
    labels = np.arange(200, dtype=np.int32).reshape(10, 20)  # half as fine
    scene = Fit((10, 10), "crop").scene("a", image, labels, labels + 1)
    whole = Image.fromarray(image).resize((20, 10), Image.Resampling.BICUBIC)
    assert (scene.id, scene.size) == ("a", (10, 10))
    assert np.array_equal(scene.image, np.asarray(whole)[:, 5:15])
    assert np.array_equal(scene.labels, labels[:, 5:15])
    assert np.array_equal(scene.instances, labels[:, 5:15] + 1)


def test_a_scaling_fit_needs_a_size():
    with pytest.raises(ValueError, match="needs a size"):
        grid_of((2, 4), Fit(None, "crop"))


def test_images_are_scaled_bicubic():
    rng = np.random.RandomState(0)
    image = rng.randint(0, 256, (20, 30, 3)).astype(np.uint8)
    expected = Image.fromarray(image).resize((15, 10), Image.Resampling.BICUBIC)
    assert np.array_equal(fit_image(image, grid_of((20, 30), Fit((10, 15)))), expected)


def test_planes_are_scaled_nearest_as_pillow_does():
    plane = np.arange(21 * 34, dtype=np.int32).reshape(21, 34)
    expected = Image.fromarray(plane).resize((13, 50), Image.Resampling.NEAREST)
    assert np.array_equal(fit_plane(plane, grid_of((21, 34), Fit((50, 13)))), expected)


def test_a_plane_of_half_the_resolution_lands_on_the_images_grid():
    plane = np.array([[0, 1], [2, 3]], dtype=np.int32)
    grid = grid_of((4, 4), Fit(None, "native"))
    assert fit_plane(plane, grid).tolist() == [[0, 0, 1, 1]] * 2 + [[2, 2, 3, 3]] * 2


def test_frames_match_up_to_a_pixel_of_rounding():
    assert same_shape((1024, 1024), (512, 512))
    assert same_shape((427, 640), (213, 320))
    assert not same_shape((256, 512), (256, 256))
