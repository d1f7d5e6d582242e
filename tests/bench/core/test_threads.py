"""Calls in threads: in order, bounded, on one thread each, errors at their own item."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from bench.core.threads import ahead, made_once, side_by_side

pytestmark = pytest.mark.usefixtures("three_threads")


def test_results_come_in_order_and_every_call_has_one_thread():
    found = side_by_side(lambda n: (n * n, torch.get_num_threads()), range(10))
    assert found == [(n * n, 1) for n in range(10)]


def test_nothing_to_do_gives_nothing():
    assert side_by_side(str, []) == []


def test_the_first_error_comes_out():
    with pytest.raises(ZeroDivisionError):
        side_by_side(lambda n: 1 / (2 - n), range(5))


def test_threads_that_ask_together_get_what_one_of_them_made():
    made = []
    together = threading.Barrier(4, timeout=60)

    @made_once(2)
    def make(name):
        made.append(name)
        return [name]

    def ask(_):
        together.wait()
        return make("a")

    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(ask, range(4)))
    assert made == ["a"]
    assert all(one is found[0] for one in found)


def test_what_could_not_be_made_is_tried_again():
    tries = iter([0, 1])

    @made_once(2)
    def make():
        return 1 / next(tries)

    with pytest.raises(ZeroDivisionError):
        make()
    assert make() == 1


@pytest.fixture
def pool():
    with ThreadPoolExecutor(2) as threads:
        yield threads


@pytest.mark.parametrize("depth", [0, 1, 3, 20])
def test_every_item_comes_with_its_own_result_in_order(pool, depth):
    found = list(ahead(pool, lambda n: n * n, range(10), depth))
    assert found == [(n, n * n) for n in range(10)]


def test_no_more_items_are_taken_than_the_depth(pool):
    taken = []
    items = (taken.append(n) or n for n in range(10))
    for item, _ in ahead(pool, str, items, depth=3):
        assert taken == list(range(min(item + 4, 10)))


def test_an_error_comes_out_at_its_own_item(pool):
    found = ahead(pool, lambda n: 6 // (2 - n), range(5), depth=4)
    assert [next(found), next(found)] == [(0, 3), (1, 6)]
    with pytest.raises(ZeroDivisionError):
        next(found)
