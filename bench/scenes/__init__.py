"""Procedural scenes: rooms, streets, landscapes and faces, drawn from a seed at any size.

Layers, bottom up: `noise` and `colour` (exact arithmetic), `shapes` (signed distances), `texture`
(patterns), `style` (what one image's surfaces share), `canvas` (shapes with paint become pixels,
labels and instances), `composition` (things back to front), then one module per domain and its things.
"""

from bench.scenes import face_classes, landscape_classes, room_classes, street_classes
from bench.scenes.drawn import DrawnScenes, procedural
from bench.scenes.faces import compose_face
from bench.scenes.landscapes import compose_landscape
from bench.scenes.rooms import compose_room
from bench.scenes.streets import compose_street

__all__ = ["FACES", "LANDSCAPES", "ROOMS", "STREETS", "DrawnScenes"]

ROOMS = procedural(
    "procedural-rooms",
    "rooms with furniture, 14 classes, exact labels and objects",
    room_classes.SPACE,
    compose_room,
)

STREETS = procedural(
    "procedural-streets",
    "streets with vehicles and people, 13 classes, exact labels and objects",
    street_classes.SPACE,
    compose_street,
)

LANDSCAPES = procedural(
    "procedural-landscapes",
    "mountains, lakes, coasts and meadows, 12 classes, exact labels and objects",
    landscape_classes.SPACE,
    compose_landscape,
)

FACES = procedural(
    "procedural-faces",
    "portraits with facial parts, 14 classes, exact labels and objects",
    face_classes.SPACE,
    compose_face,
)
