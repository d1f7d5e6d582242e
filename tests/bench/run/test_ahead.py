"""Work ahead comes out in order, is bounded, and fails at its own item."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from bench.run.ahead import ahead


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
