"""The array cache computes a thing once, and again when an entry is damaged."""

import threading
from contextlib import suppress

import numpy as np
import pytest

from bench.core.cache import ArrayCache


class Counting:
    """Sums of images, with a count of how many were computed."""

    def __init__(self):
        self.computed = 0

    def __call__(self, images):
        self.computed += len(images)
        return images.reshape(len(images), -1).sum(axis=1, keepdims=True).astype(np.float32)


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(0, 256, (3, 4, 4, 3), dtype=np.uint8)


def test_the_second_time_nothing_is_computed(tmp_path, images):
    work = Counting()
    first = ArrayCache(tmp_path).rows({"network": "a"}, images, work)
    second = ArrayCache(tmp_path).rows({"network": "a"}, images, work)
    assert work.computed == 3
    assert np.array_equal(first, second)
    assert second[0].dtype == np.float32


def test_only_what_is_missing_is_computed_and_the_order_is_kept(tmp_path, images):
    work, cache = Counting(), ArrayCache(tmp_path)
    cache.rows({"network": "a"}, images[1:2], work)
    rows = cache.rows({"network": "a"}, images, work)
    assert work.computed == 3
    assert np.array_equal(rows, Counting()(images))


def test_an_image_that_comes_twice_is_computed_once(tmp_path, images):
    work = Counting()
    rows = ArrayCache(tmp_path).rows({"network": "a"}, images[[0, 1, 0]], work)
    assert rows[0] == rows[2] != rows[1]
    ArrayCache(tmp_path).rows({"network": "a"}, images[[0, 1, 0]], work)
    assert work.computed == 2


def test_another_network_has_other_entries(tmp_path, images):
    work = Counting()
    ArrayCache(tmp_path).rows({"network": "a"}, images, work)
    ArrayCache(tmp_path).rows({"network": "b"}, images, work)
    assert work.computed == 6


def test_other_arithmetic_has_other_entries(tmp_path, images, monkeypatch):
    work = Counting()
    ArrayCache(tmp_path).rows({"network": "a"}, images, work)
    monkeypatch.setattr("bench.core.cache.ARITHMETIC", 0)
    ArrayCache(tmp_path).rows({"network": "a"}, images, work)
    assert work.computed == 6


@pytest.mark.parametrize(
    "damage", [lambda stored: stored[:50], lambda stored: b"", lambda stored: stored[:-1] + b"?"]
)
def test_a_damaged_entry_is_made_again(tmp_path, images, damage):
    work, cache = Counting(), ArrayCache(tmp_path)
    good = cache.rows({"network": "a"}, images, work)
    entry = sorted(tmp_path.rglob("*.array"))[0]
    entry.write_bytes(damage(entry.read_bytes()))
    assert np.array_equal(cache.rows({"network": "a"}, images, work), good)
    assert work.computed == 4
    cache.rows({"network": "a"}, images, work)
    assert work.computed == 4


def test_a_folder_that_cannot_be_written_costs_time_only(tmp_path, images):
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    work = Counting()
    assert len(ArrayCache(blocked).rows({"network": "a"}, images, work)) == 3


def test_entries_are_parsed_one_at_a_time(tmp_path, monkeypatch):
    # Python's parser, which reads their headers, fails at times in two threads at once.
    many = np.random.default_rng(1).integers(0, 256, (64, 4, 4, 3), dtype=np.uint8)
    cache = ArrayCache(tmp_path)
    cache.rows({"network": "a"}, many, lambda some: [image.ravel() for image in some])
    load, two, met = np.load, threading.Barrier(2), []

    def watched(*args, **options):
        with suppress(threading.BrokenBarrierError):
            met.append(two.wait(timeout=0.2))
        return load(*args, **options)

    monkeypatch.setattr(np, "load", watched)
    found = cache.rows({"network": "a"}, many, lambda some: pytest.fail("nothing is missing"))
    assert all((one == image.ravel()).all() for one, image in zip(found, many, strict=True))
    assert met == []
