"""Calls side by side: in order, each on one thread, the setting restored."""

import pytest
import torch

from bench.threads import side_by_side

pytestmark = pytest.mark.usefixtures("three_threads")


def test_results_come_in_order_and_every_call_has_one_thread():
    found = side_by_side(lambda n: (n * n, torch.get_num_threads()), range(10))
    assert found == [(n * n, 1) for n in range(10)]


def test_nothing_to_do_gives_nothing():
    assert side_by_side(str, []) == []


def test_the_first_error_comes_out():
    with pytest.raises(ZeroDivisionError):
        side_by_side(lambda n: 1 / (2 - n), range(5))
