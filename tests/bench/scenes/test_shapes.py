"""Shapes against closed forms: areas counted over a fine grid, distances at known points."""

import math

import numpy as np
import pytest

from bench.scenes.shapes import (
    Blob,
    Capsule,
    Convex,
    Ellipse,
    Everything,
    Intersection,
    Minus,
    Rectangle,
    Terrain,
    Union,
)

SIDE = 400
CENTRES = (np.arange(SIDE) + 0.5) / SIDE
X, Y = CENTRES[None, :], CENTRES[:, None]

DISC = Ellipse(0.5, 0.5, 0.25, 0.25)
SQUARE = Rectangle(0.2, 0.3, 0.6, 0.7)


def area(shape):
    return float((shape.distance(X, Y) < 0).mean())


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        (Everything(), 1.0),
        (SQUARE, 0.16),
        (Rectangle(0.2, 0.3, 0.6, 0.7, 0.1), 0.16 - (4 - math.pi) * 0.01),
        (Ellipse(0.5, 0.5, 0.3, 0.1), math.pi * 0.03),
        (Convex(((0.1, 0.1), (0.9, 0.1), (0.1, 0.9))), 0.32),
        (Convex(((0.1, 0.9), (0.9, 0.1), (0.1, 0.1))), 0.32),
        (Capsule(0.3, 0.5, 0.7, 0.5, 0.1, 0.1), 0.08 + math.pi * 0.01),
        (Union((DISC, SQUARE)), None),
        (Minus(DISC, Ellipse(0.5, 0.5, 0.2, 0.2)), math.pi * (0.0625 - 0.04)),
        (Intersection(SQUARE, Rectangle(0.4, 0.0, 1.0, 0.5)), 0.04),
        (Terrain(0.6, 0.0, 3.0, 5), 0.4),
    ],
)
def test_areas_are_those_of_the_closed_forms(shape, expected):
    if expected is None:
        expected = area(DISC) + area(SQUARE) - area(Intersection(DISC, SQUARE))
    assert area(shape) == pytest.approx(expected, abs=2e-3)


@pytest.mark.parametrize(
    "shape",
    [
        SQUARE,
        DISC,
        Convex(((0.2, 0.2), (0.8, 0.3), (0.5, 0.8))),
        Capsule(0.2, 0.2, 0.7, 0.6, 0.02, 0.08),
        Blob(DISC, 0.05, 12.0, 7),
        Terrain(0.5, 0.3, 3.0, 11, tilt=0.1, peak=0.1),
        Minus(SQUARE, DISC),
        Union((SQUARE, DISC)),
        Intersection(SQUARE, DISC),
    ],
)
def test_nothing_lies_outside_the_box(shape):
    left, top, right, bottom = shape.box
    inside = shape.distance(X, Y) < 0
    outside = (left > X) | (right < X) | (top > Y) | (bottom < Y)
    assert inside.any()
    assert not (inside & outside).any()


def test_distances_are_in_image_sides():
    at = np.array([[0.9]])
    middle = np.array([[0.5]])
    assert SQUARE.distance(at, middle)[0, 0] == pytest.approx(0.3)
    assert DISC.distance(np.array([[0.76]]), middle)[0, 0] == pytest.approx(0.01, rel=0.1)
    assert Capsule(0.1, 0.5, 0.5, 0.5, 0.05, 0.1).distance(at, middle)[0, 0] == pytest.approx(0.3)


def test_a_window_sees_the_same_distances_as_the_whole_image():
    blob = Blob(DISC, 0.05, 12.0, 7)
    whole = blob.distance(X, Y)
    window = blob.distance(X[:, 130:200], Y[90:300])
    assert np.array_equal(whole[90:300, 130:200], window)
