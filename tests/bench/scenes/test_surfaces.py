"""Colours, noise, patterns and dice: what images are made from."""

import colorsys

import numpy as np
import pytest

from bench.scenes.canvas import Canvas, Paint, Part
from bench.scenes.colour import blend, from_hsv, lighten
from bench.scenes.composition import Composition, Thing
from bench.scenes.dice import Dice
from bench.scenes.noise import cell_value, fractal_noise, pixel_grain, value_noise
from bench.scenes.place import Place
from bench.scenes.shapes import Rectangle
from bench.scenes.style import draw_style
from bench.scenes.texture import PATTERNS, Texture

ROW = np.linspace(-3.0, 9.0, 97)[None, :]
COLUMN = np.linspace(-5.0, 4.0, 61)[:, None]


@pytest.mark.parametrize("hue", [0.0, 0.1, 0.35, 0.5, 0.72, 0.99, 1.3, -0.2])
def test_hues_become_the_colours_that_colorsys_gives(hue):
    expected = colorsys.hsv_to_rgb(hue % 1.0, 0.7, 0.8)
    assert from_hsv(hue, 0.7, 0.8) == pytest.approx(expected)


def test_colours_blend_and_lighten_linearly():
    assert blend((0.0, 0.5, 1.0), (1.0, 0.5, 0.0), 0.25) == (0.25, 0.5, 0.75)
    assert lighten((0.4, 0.2, 0.0), 0.5) == (0.2, 0.1, 0.0)
    assert lighten((0.5, 0.5, 0.5), 2.0) == (1.0, 1.0, 1.0)


def test_noise_is_smooth_and_stays_between_its_lattice_values():
    noise = value_noise(ROW, COLUMN, 9)
    lattice = value_noise(np.arange(-3.0, 10.0)[None, :], np.arange(-5.0, 5.0)[:, None], 9)
    assert lattice.min() <= noise.min()
    assert noise.max() <= lattice.max()
    assert np.abs(np.diff(noise, axis=1)).max() < 1.5 * (12.0 / 96)


def test_noise_at_a_lattice_point_is_the_value_of_its_cell():
    assert value_noise(np.array([[3.0]]), np.array([[-2.0]]), 4)[0, 0] == cell_value(
        np.array([[3.0]]), np.array([[-2.0]]), 4
    )


def test_cell_values_are_spread_evenly():
    values = cell_value(np.arange(100.0)[None, :], np.arange(100.0)[:, None], 1)
    counts, _ = np.histogram(values, bins=10, range=(0.0, 1.0))
    assert counts.min() > 850
    assert abs(np.corrcoef(values[:, :-1].ravel(), values[:, 1:].ravel())[0, 1]) < 0.03
    assert abs(pixel_grain(100, 100, 3).mean()) < 0.01


def test_seeds_give_other_noise():
    assert not np.array_equal(fractal_noise(ROW, COLUMN, 1), fractal_noise(ROW, COLUMN, 2))


@pytest.mark.parametrize("pattern", sorted(PATTERNS))
def test_patterns_mix_between_nothing_and_all(pattern):
    field = PATTERNS[pattern](ROW * 4.0, COLUMN * 4.0, 5)
    assert field.shape == (61, 97)
    assert field.min() >= 0.0
    assert field.max() <= 1.0
    assert field.max() - field.min() > 0.2


@pytest.mark.parametrize("plane", ["ground", "wall"])
def test_patterns_in_perspective_fade_towards_the_vanishing_point(plane):
    x, y = np.linspace(0, 1, 90)[None, :], np.linspace(0, 1, 90)[:, None]
    field = Texture("checks", 14.0, 0.8, 1, (0.5, 0.3), plane).field(x, y)
    near, far = (field[80:], field[27:29]) if plane == "ground" else (field[:, :5], field[:, 45:47])
    assert far.max() < 0.05
    assert near.max() > 0.7


def test_dice_keep_to_their_key():
    one, other = Dice("scene", 1), Dice("scene", 1)
    assert [one.unit() for _ in range(100)] == [other.unit() for _ in range(100)]
    assert Dice("scene", 2).unit() != Dice("scene", 1).unit()


def test_a_child_is_not_moved_by_its_parents_draws():
    one, other = Dice("scene"), Dice("scene")
    one.unit()
    assert one.child("lamp").unit() == other.child("lamp").unit()
    assert other.child("lamp").unit() != other.child("bed").unit()


def test_whole_numbers_and_choices_reach_both_ends():
    dice = Dice("ends")
    assert {dice.whole(2, 4) for _ in range(100)} == {2, 3, 4}
    assert {dice.pick("ab") for _ in range(40)} == {"a", "b"}
    assert {dice.side() for _ in range(40)} == {-1.0, 1.0}
    assert sorted(dice.shuffled([1, 2, 3, 4])) == [1, 2, 3, 4]


def test_a_part_owns_the_pixels_whose_centres_it_covers():
    canvas = Canvas(8, draw_style(Dice("style")))
    canvas.paint(Part(Rectangle(0.25, 0.5, 0.75, 1.0), Paint((1.0, 0.0, 0.0)), 3), 2)
    assert (canvas.labels == 3).sum() == 16
    assert (canvas.instances[4:, 2:6] == 2).all()
    assert canvas.instances[:4].max() == 0


def test_a_mark_changes_the_image_and_no_label():
    canvas = Canvas(8, draw_style(Dice("style")))
    before = canvas.image()
    canvas.paint(Part(Rectangle(0.0, 0.0, 1.0, 1.0), Paint((1.0, 1.0, 1.0))), 0)
    assert canvas.labels.max() == 0
    assert (canvas.image() != before).any()


def test_layers_of_one_object_share_an_id():
    plan = Composition(
        draw_style(Dice("style")),
        (Thing((), of="hair"), Thing((), countable=False), Thing(()), Thing((), of="hair")),
    )
    assert [instance for instance, _ in plan.numbered()] == [1, 0, 2, 1]


def test_a_thing_faces_either_way_and_stands_on_its_base():
    right = Place(3, 0.4, 0.8, 0.5)
    left = Place(3, 0.4, 0.8, 0.5, face=-1.0)
    assert right.at(0.2, 0.4) == pytest.approx((0.5, 0.6))
    assert left.at(0.2, 0.4) == pytest.approx((0.3, 0.6))
    assert left.rectangle(0.0, 0.0, 0.2, 0.4).box == pytest.approx((0.3, 0.6, 0.4, 0.8))


def test_paint_makes_a_part_of_the_thing_and_a_bare_colour_a_mark_on_it():
    place = Place(3, 0.4, 0.8, 0.5)
    assert place.disc(Paint((1.0, 0.0, 0.0)), 0.0, 0.1, 0.1).label == 3
    assert place.disc((1.0, 0.0, 0.0), 0.0, 0.1, 0.1).label is None
