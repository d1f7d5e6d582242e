import numpy as np
import pytest

from masks import Site

CLASSES = ("sky", "road", "building", "car", "person", "tree")


def street_site(scene="street-0", height=96, width=128):
    """A made-up street: bands of sky, building and road, two cars, a person, and a void frame."""
    labels = np.full((height, width), 2, np.int32)
    labels[: height // 4] = 0
    labels[height * 2 // 3 :] = 1
    labels[:, width - width // 8 :] = 5
    instances = np.zeros((height, width), np.int32)
    y, x = np.mgrid[:height, :width]
    shapes = (
        (26001, 3, (y - 60) ** 2 * 4 + (x - 30) ** 2 <= 400),
        (26002, 3, (abs(y - 66) <= 7) & (abs(x - 84) <= 15)),
        (24007, 4, (abs(y - 50) <= 14) & (abs(x - 62) <= 4)),
    )
    for number, label, shape in shapes:
        labels[shape] = label
        instances[shape] = number
    labels[-2:] = -1
    return Site("made-up", scene, labels, instances, CLASSES)


@pytest.fixture
def street():
    return street_site()


@pytest.fixture
def plain():
    """A picture of one class, 256x256, without instance maps."""
    return Site("made-up", "plain-0", np.zeros((256, 256), np.int32), None, ("ground",))


@pytest.fixture
def streets():
    return [street_site(f"street-{i}") for i in range(4)]
