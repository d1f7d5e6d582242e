"""What several rooms' tests need."""

import pytest
import torch


@pytest.fixture
def three_threads():
    """Torch has three threads, and must have them again in the end."""
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    yield
    assert torch.get_num_threads() == 3
    torch.set_num_threads(before)
