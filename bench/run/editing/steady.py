"""One edit's image must not depend on which edits came before: PyTorch's switches around every call.

Where cuDNN may try its algorithms out (`benchmark`), the first batch of a shape decides by the clock
which one all later batches get; and code that came with one editor may turn this on, or another float
type or number of threads, for every editor of the process.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

__all__ = ["steady"]


@contextlib.contextmanager
def steady() -> Iterator[None]:
    """Inside this block the same call takes the same algorithms every time.

    cuDNN tries nothing out and takes only algorithms that repeat themselves. Whatever else the block
    switches for the whole process (float type, TF32, threads) is as before when it ends.
    """
    import torch

    cudnn, matmul = torch.backends.cudnn, torch.backends.cuda.matmul
    flags = cudnn.benchmark, cudnn.deterministic
    tf32 = cudnn.allow_tf32, matmul.allow_tf32
    dtype, threads = torch.get_default_dtype(), torch.get_num_threads()
    cudnn.benchmark, cudnn.deterministic = False, True
    try:
        yield
    finally:
        cudnn.benchmark, cudnn.deterministic = flags
        if (cudnn.allow_tf32, matmul.allow_tf32) != tf32:
            cudnn.allow_tf32, matmul.allow_tf32 = tf32
        if torch.get_default_dtype() != dtype:
            torch.set_default_dtype(dtype)
        if torch.get_num_threads() != threads:
            torch.set_num_threads(threads)
