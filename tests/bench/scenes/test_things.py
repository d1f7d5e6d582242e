"""Every drawn thing, alone: one class, where it was put, in the size that was asked for."""

import numpy as np
import pytest

from bench.scenes import (
    face_classes,
    face_features,
    furniture,
    hair,
    houses,
    lamps,
    landscape_classes,
    man_made,
    nature,
    people,
    room_classes,
    seating,
    street_classes,
    street_things,
    vehicles,
    wall_things,
)
from bench.scenes.canvas import Canvas
from bench.scenes.dice import Dice
from bench.scenes.faces import compose_face
from bench.scenes.landscapes import compose_landscape
from bench.scenes.rooms import compose_room
from bench.scenes.streets import compose_street
from bench.scenes.style import draw_style

SIDE = 128
STYLE = draw_style(Dice("style"))

# On the ground at (x, base) in a scale: the function, its class, what it shares with its scene.
ROOM = room_classes.draw_woods(Dice("woods"), STYLE)
TOWN = street_classes.draw_town(Dice("town"), STYLE)
LAND = landscape_classes.draw_land(Dice("land"), STYLE)
STANDING = [
    (furniture.table, "table", ROOM, room_classes),
    (furniture.cabinet, "cabinet", ROOM, room_classes),
    (furniture.plant, "plant", ROOM, room_classes),
    (seating.bed, "bed", ROOM, room_classes),
    (seating.sofa, "sofa", ROOM, room_classes),
    (seating.chair, "chair", ROOM, room_classes),
    (lamps.floor_lamp, "lamp", ROOM, room_classes),
    (vehicles.car_beside, "car", TOWN, street_classes),
    (vehicles.car_behind, "car", TOWN, street_classes),
    (vehicles.bus_beside, "bus", TOWN, street_classes),
    (vehicles.bus_behind, "bus", TOWN, street_classes),
    (vehicles.bicycle, "bicycle", TOWN, street_classes),
    (people.person, "person", TOWN, street_classes),
    (street_things.tree, "tree", TOWN, street_classes),
    (street_things.lamp_post, "pole", TOWN, street_classes),
    (street_things.sign, "traffic sign", TOWN, street_classes),
    (street_things.traffic_light, "traffic light", TOWN, street_classes),
    (nature.tree, "tree", LAND, landscape_classes),
    (nature.bush, "bush", LAND, landscape_classes),
    (nature.rock, "rock", LAND, landscape_classes),
    (man_made.house, "house", LAND, landscape_classes),
    (man_made.boat, "boat", LAND, landscape_classes),
]
NAMED = [f"{draw.__module__.rpartition('.')[2]}.{draw.__name__}" for draw, *_ in STANDING]


def painted(*things):
    """Labels and image of things on an empty canvas, whose label is -1."""
    canvas = Canvas(SIDE, STYLE, background=-1)
    for thing in things:
        for part in thing.parts:
            canvas.paint(part, 1)
    return canvas.labels, canvas.image()


def extent(labels):
    """Rows and columns of what is labelled: top, left, bottom, right, in image sides."""
    rows, columns = np.nonzero(labels >= 0)
    return (
        rows.min() / SIDE,
        columns.min() / SIDE,
        (rows.max() + 1) / SIDE,
        (columns.max() + 1) / SIDE,
    )


@pytest.mark.parametrize(("draw", "name", "shared", "classes"), STANDING, ids=NAMED)
@pytest.mark.parametrize("seed", range(3))
def test_a_thing_has_one_class_and_stands_where_it_was_put(draw, name, shared, classes, seed):
    labels, _ = painted(draw(Dice("thing", seed), STYLE, shared, 0.5, 0.8, 0.7))
    assert set(np.unique(labels)) == {-1, classes.LABEL[name]}
    top, left, bottom, right = extent(labels)
    assert abs(bottom - 0.8) < 0.05
    assert left < 0.5 < right
    assert top < 0.79


@pytest.mark.parametrize(("draw", "name", "shared", "classes"), STANDING, ids=NAMED)
def test_a_thing_of_half_the_scale_covers_about_a_quarter(draw, name, shared, classes):
    areas = [
        (painted(draw(Dice("thing", 1), STYLE, shared, 0.5, 0.9, scale))[0] >= 0).sum()
        for scale in (0.8, 0.4)
    ]
    assert 2.0 < areas[0] / areas[1] < 8.0


@pytest.mark.parametrize(("draw", "name", "shared", "classes"), STANDING, ids=NAMED)
def test_the_same_dice_draw_the_same_thing_and_others_another(draw, name, shared, classes):
    one, same, other = (
        painted(draw(Dice("thing", seed), STYLE, shared, 0.5, 0.8, 0.7))[1] for seed in (1, 1, 2)
    )
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize("seed", range(3))
def test_what_hangs_on_a_wall_keeps_to_its_room(seed):
    for draw, name in (
        (wall_things.window, "window"),
        (wall_things.picture, "picture"),
        (wall_things.door, "door"),
    ):
        labels, _ = painted(draw(Dice(name, seed), STYLE, ROOM, 0.5, 0.6, 0.2))
        assert set(np.unique(labels)) == {-1, room_classes.LABEL[name]}
        _, left, _, right = extent(labels)
        assert 0.37 < left < right < 0.63


@pytest.mark.parametrize("seed", range(3))
def test_a_pendant_lamp_hangs_from_the_top_edge(seed):
    labels, _ = painted(lamps.pendant_lamp(Dice("lamp", seed), STYLE, ROOM, 0.5, 0.3))
    assert set(np.unique(labels)) == {-1, room_classes.LABEL["lamp"]}
    assert extent(labels)[0] == 0.0


@pytest.mark.parametrize("seed", range(3))
def test_a_cloud_is_as_wide_as_it_is_asked_to_be(seed):
    widths = []
    for wide in (0.1, 0.2):
        labels, _ = painted(nature.cloud(Dice("cloud", seed), LAND, 0.5, 0.4, wide))
        assert set(np.unique(labels)) == {-1, landscape_classes.LABEL["cloud"]}
        _, left, _, right = extent(labels)
        widths.append(right - left)
    assert 1.5 < widths[1] / widths[0] < 2.5


@pytest.mark.parametrize("seed", range(3))
def test_houses_fill_the_street_and_stand_on_its_line(seed):
    canvas = Canvas(SIDE, STYLE, background=-1)
    for part in houses.house_row(Dice("row", seed), STYLE, TOWN, 0.7):
        canvas.paint(part, 0)
    assert set(np.unique(canvas.labels)) == {-1, street_classes.LABEL["building"]}
    assert (canvas.labels[int(0.69 * SIDE)] >= 0).mean() > 0.75
    assert (canvas.labels[int(0.72 * SIDE) :] < 0).all()


@pytest.mark.parametrize("side", [-1.0, 1.0])
def test_receding_houses_stay_on_their_side_of_the_road(side):
    canvas = Canvas(SIDE, STYLE, background=-1)
    for part in houses.receding_houses(Dice("row"), STYLE, TOWN, (0.5, 0.5), 0.6 * side):
        canvas.paint(part, 0)
    columns = np.nonzero((canvas.labels >= 0).any(axis=0))[0] / SIDE - 0.5
    assert (columns * side).min() > -0.02
    assert abs(columns).max() > 0.4


@pytest.mark.parametrize("seed", range(4))
def test_the_features_of_a_face_lie_on_it(seed):
    head = face_classes.draw_head(Dice("head", seed), STYLE)
    features = {
        "left brow": face_features.brows(Dice("b", seed), head)[:1],
        "right brow": face_features.brows(Dice("b", seed), head)[1:],
        "left eye": face_features.eyes(Dice("e", seed), head)[:1],
        "right eye": face_features.eyes(Dice("e", seed), head)[1:],
        "nose": [face_features.nose(Dice("n", seed), head)],
        "lips": [face_features.lips(Dice("l", seed), head)],
        "glasses": [face_features.glasses(Dice("g", seed), STYLE, head)],
    }
    middles = {}
    for name, things in features.items():
        labels, _ = painted(*things)
        assert set(np.unique(labels)) == {-1, face_classes.LABEL[name]}, name
        top, left, bottom, right = extent(labels)
        assert head.y - head.tall < top < bottom < head.y + head.tall, name
        assert head.x - 1.2 * head.half < left < right < head.x + 1.2 * head.half, name
        middles[name] = ((left + right) / 2, (top + bottom) / 2)
    assert middles["left eye"][0] < middles["nose"][0] < middles["right eye"][0]
    assert middles["left brow"][1] < middles["left eye"][1] < middles["nose"][1]
    assert middles["nose"][1] < middles["lips"][1]


@pytest.mark.parametrize("seed", range(4))
def test_ears_stick_out_on_both_sides_of_a_head(seed):
    head = face_classes.draw_head(Dice("head", seed), STYLE)
    labels, _ = painted(*face_features.ears(Dice("ears", seed), head))
    assert set(np.unique(labels)) == {-1, face_classes.LABEL["ear"]}
    _, left, _, right = extent(labels)
    assert left < head.x < right


def test_hair_and_hats_are_on_top_of_a_head():
    haired = 0
    for seed in range(10):
        head = face_classes.draw_head(Dice("head", seed), STYLE)
        behind, before = hair.hair_layers(Dice("hair", seed), head)
        labels, _ = painted(*behind, *before)
        assert set(np.unique(labels)) <= {-1, face_classes.LABEL["hair"]}
        if (labels >= 0).any():  # some heads are bald
            haired += 1
            assert extent(labels)[0] < head.y - 0.6 * head.tall
        labels, _ = painted(hair.hat(Dice("hat", seed), STYLE, head))
        assert set(np.unique(labels)) == {-1, face_classes.LABEL["hat"]}
        assert extent(labels)[0] < head.y - 0.6 * head.tall
    assert 5 < haired < 10


@pytest.mark.parametrize(
    ("compose", "classes"),
    [
        (compose_room, room_classes),
        (compose_street, street_classes),
        (compose_landscape, landscape_classes),
        (compose_face, face_classes),
    ],
)
def test_a_composition_covers_the_image_with_its_domains_classes(compose, classes):
    for seed in range(3):
        composition = compose(Dice(classes.SPACE.name, f"scene {seed}"))
        labels, _ = painted(*composition.things)
        assert labels.min() >= 0
        assert labels.max() < len(classes.SPACE)
        ids = {instance for instance, _ in composition.numbered()} - {0}
        assert ids == set(range(1, len(ids) + 1))
