"""Margins as a policy writes them, in the score's own unit."""

import math

import pytest

from bench.core.errors import BadInput
from bench.judge.margin import Margin, parse_margin
from bench.judge.paired import Paired

NOISY = Paired(estimate=-0.2, error=0.05, scenes=20, n=40)


@pytest.mark.parametrize(
    ("text", "amount"), [("0.5", 0.5), (0.5, 0.5), ("-2%", 0.5), ("+2 %", 0.5), ("3se", 0.15)]
)
def test_a_margin_is_an_amount_a_share_or_standard_errors(text, amount) -> None:
    assert parse_margin(text, "margins.psnr").amount(25.0, NOISY) == pytest.approx(amount)


def test_a_share_of_an_infinite_score_leaves_no_slack() -> None:
    assert Margin(0.02, "relative").amount(math.inf, NOISY) == 0


def test_standard_errors_leave_no_slack_where_there_are_none() -> None:
    bare = Paired(estimate=-0.2, error=None, scenes=1, n=1)
    assert Margin(2, "errors").amount(25.0, bare) == 0


@pytest.mark.parametrize("text", ["0.1", "1%", "-1%", "+2se"])
def test_a_margin_is_written_as_it_was_read(text) -> None:
    assert str(parse_margin(text, "margins.psnr")) == text


@pytest.mark.parametrize("text", ["", "one", "5 dB", "--1", "1%%"])
def test_another_form_is_refused_with_its_place(text) -> None:
    with pytest.raises(BadInput, match=r"margins\.psnr: .* is not a margin"):
        parse_margin(text, "margins.psnr")
