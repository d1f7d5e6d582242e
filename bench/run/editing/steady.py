"""One edit's image must not depend on which edits came before: PyTorch's switches around every call.

Where cuDNN may try its algorithms out (`benchmark`), the first batch of a shape decides by the clock
which one all later batches get; and code that came with one editor may turn this on, or another float
type or number of threads, for every editor of the process.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from bench.core.float32 import same_algorithms

__all__ = ["steady"]


@contextlib.contextmanager
def steady() -> Iterator[None]:
    """Inside this block the same call takes the same algorithms every time.

    Whatever the block switches for the whole process (float type, its arithmetic, threads) is as before
    when it ends.
    """
    import torch

    dtype, threads = torch.get_default_dtype(), torch.get_num_threads()
    try:
        with same_algorithms():
            yield
    finally:
        if torch.get_default_dtype() != dtype:
            torch.set_default_dtype(dtype)
        if torch.get_num_threads() != threads:
            torch.set_num_threads(threads)
