"""What counts as an operator that a GPU would be asked for."""

import torch

from tests.speed.operator_calls import OperatorCalls


def test_what_starts_no_kernel_is_not_counted() -> None:
    x = torch.ones(2, 3)
    with OperatorCalls() as calls:
        y = torch.empty_like(x.view(3, 2).t())
        y.new_empty(4)
        torch.empty(5)
        torch.result_type(x, 1)
        x + 1
    assert dict(calls.operators) == {"add": 1}
    assert calls.synchronisations == 0
