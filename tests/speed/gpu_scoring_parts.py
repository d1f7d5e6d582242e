"""What scoring on a card is made of: decoding, Inception by layout and batch, the Fréchet part, and calls.

These rows say what to change where a whole process is too slow: the batch (`BATCH_SIZE` of
`bench.run.score`), the layout (channels-last or not), the reader, or the matrices.
"""

from __future__ import annotations

import contextlib
import functools
import io
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch

from bench.core.device import fast_float64
from bench.core.png import decode_plain
from bench.metrics import make_metric
from bench.metrics.context import Context
from bench.metrics.frechet import load_solver, with_leave_one_out
from bench.networks.batches import batches_of, exactly
from bench.networks.inception_network import build_inception
from bench.networks.lpips_trunks import build_trunk
from bench.networks.weights import network
from bench.run.measure import EditGroup, PreparedGroup, measure_group
from bench.run.score import BATCH_SIZE
from bench.scene import LabelSpace
from tests.speed.gpu import Row, Setting, tried
from tests.speed.metrics import features
from tests.speed.operator_calls import OperatorCalls

__all__ = ["measure"]


def measure(setting: Setting) -> Iterator[Row]:
    """Rows of each part, the most telling first."""
    for part in (_inception, _trunk, _frechet, _decoders, _calls):
        if setting.left > 15:
            yield from tried(part.__name__.strip("_"), part(setting), setting)


def _inception(setting: Setting) -> Iterator[Row]:
    """Images a second of FID's Inception in exact float32, and how far they are from a CPU's."""
    draw = torch.Generator().manual_seed(0)
    tensors = {
        name: _drawn(name, shape, draw)
        for name, shape in network("inception-fid").tensors().items()
    }
    seen = torch.rand(2, 3, 299, 299, generator=draw) * 2 - 1
    with exactly():
        wanted = build_inception(tensors)(seen)
        layouts = (torch.channels_last, torch.contiguous_format)
        for layout in layouts[:1] if setting.tenth else layouts:
            inception = build_inception(tensors).to(setting.device).to(memory_format=layout)
            for size in (2,) if setting.tenth else (16, 32, BATCH_SIZE, 128):
                given = seen.repeat(size // 2, 1, 1, 1).to(setting.device, memory_format=layout)
                found = inception(given)[:2].cpu()
                apart = float((found - wanted).norm() / wanted.norm())
                took = _median(setting, functools.partial(inception, given))
                yield Row(
                    f"Inception, {str(layout)[6:]}, batch {size}, images/s",
                    f"{size / took:.0f}",
                    "2000" if size == BATCH_SIZE else "",
                    notes=[f"off {apart:.1e}"],
                )


def _trunk(setting: Setting) -> Iterator[Row]:
    """Images a second of LPIPS' AlexNet, by layout."""
    draw = torch.Generator().manual_seed(0)
    shapes = network("alexnet").tensors()
    trunk = build_trunk("alex", {name: _drawn(name, shape, draw) for name, shape in shapes.items()})
    side, size = (64, 2) if setting.tenth else (256, 16)
    seen = torch.rand(size, 3, side, side, generator=draw) * 2 - 1
    for form in (torch.channels_last, torch.contiguous_format):
        there = trunk.to(setting.device).to(memory_format=form)
        given = seen.to(setting.device, memory_format=form)
        with exactly():
            took = _median(setting, functools.partial(there, given))
        yield Row(f"AlexNet, {str(form)[6:]}, batch {size}, images/s", f"{size / took:.0f}")


def _drawn(name: str, shape: tuple[int, ...], draw: torch.Generator) -> torch.Tensor:
    if len(shape) == 1:
        whole = name.endswith(("running_var", "bn.weight"))
        return float(whole) + 0.1 * torch.rand(shape, generator=draw)
    return torch.randn(shape, generator=draw) * (2 / np.prod(shape[1:])) ** 0.5


def _median(setting: Setting, call: Callable[[], object], repeats: int = 5) -> float:
    """Seconds."""
    times = []
    for _ in range(repeats + 1):
        setting.wait()
        start = time.perf_counter()
        call()
        setting.wait()
        times.append(time.perf_counter() - start)
    return float(np.median(times[1:]))


def _frechet(setting: Setting) -> Iterator[Row]:
    """Distance and leave-one-out values of 2,048 samples, on the host and on the card."""
    count = 300 if setting.tenth else 2048
    real, fake = features(count, count)
    codes = np.arange(count, dtype=np.int64)
    found, seconds = {}, {}
    for where in ("cpu", setting.device):
        load_solver(where)
        start = time.perf_counter()
        found[where] = with_leave_one_out(real, fake, codes, where)[0]
        seconds[where] = time.perf_counter() - start
    apart = abs(found[setting.device] - found["cpu"]) / found["cpu"]
    notes = [f"off {apart:.1e}"]
    if setting.device != "cpu" and not fast_float64(setting.device):
        notes.append("slow in float64: score does not use it")
    yield Row(
        f"Fréchet distance with its interval, n = {count:,}, s",
        f"{seconds[setting.device]:.2f}",
        "2",
        f"{seconds['cpu']:.2f} (CPU)",
        notes,
    )


def _decoders(setting: Setting) -> Iterator[Row]:
    """Images a second from PNG files of 256x256, in memory."""
    from PIL import Image

    draw = np.random.default_rng(0)
    coarse = Image.fromarray(draw.integers(0, 256, (16, 16, 3), dtype=np.uint8))
    smooth = np.asarray(coarse.resize((256, 256), Image.Resampling.BICUBIC)).astype(np.int16)
    noisy = np.clip(smooth + draw.integers(-6, 7, smooth.shape), 0, 255).astype(np.uint8)
    stored = io.BytesIO()
    Image.fromarray(noisy).save(stored, "png")
    payload = stored.getvalue()

    def pillow(_: int) -> object:
        return np.array(Image.open(io.BytesIO(payload)))

    decoders: dict[str, Callable[[int], object]] = {
        "Pillow": pillow,
        "Pillow in one call": lambda _: decode_plain(payload),
    }
    with contextlib.suppress(ImportError, RuntimeError):
        from torchvision.io import ImageReadMode, decode_png

        data = torch.frombuffer(bytearray(payload), dtype=torch.uint8)
        decoders["torchvision"] = lambda _: decode_png(data, ImageReadMode.RGB)
    for name, decode in decoders.items():
        for threads in (1, 2) if setting.tenth else (1, 4, 16):
            count = 4 * threads if setting.tenth else 64 * threads
            with ThreadPoolExecutor(threads) as pool:
                list(pool.map(decode, range(threads)))
                start = time.perf_counter()
                list(pool.map(decode, range(count)))
                rate = count / (time.perf_counter() - start)
            yield Row(f"PNG by {name}, {threads} threads, images/s", f"{rate:.0f}")


def _calls(setting: Setting) -> Iterator[Row]:
    """What one group asks of a card, counted on a CPU that takes a card's ways."""
    pairs, side = (4, 64) if setting.tenth else (BATCH_SIZE, 256)
    draw = np.random.default_rng(0)
    real, fake = draw.integers(0, 256, (2, pairs, side, side, 3), dtype=np.uint8)
    group = EditGroup(
        ground_truth=list(real),
        original=list(real),
        mask=np.ones((pairs, side, side), bool),
        labels=np.full((pairs, side, side), -1, np.int32),
        space=LabelSpace("none", (), ()),
        scenes=tuple(map(str, range(pairs))),
        edits=tuple(map(str, range(pairs))),
    )
    context = Context(device="cpu:0", cache=None)
    for name in ("psnr", "ssim", "perceptual-procedural", "fd-procedural"):
        metrics = [made for made in [make_metric(name, {}, context)] if hasattr(made, "measure")]
        with batches_of(pairs), OperatorCalls() as calls:
            prepared = PreparedGroup.of(metrics, group)
            measure_group(metrics, prepared, dict(enumerate(fake)))
        fetches = calls.waits.pop("cpu", 0)
        calls.waits.pop("numpy", 0)  # of what was fetched
        yield Row(
            f"{name} of {pairs} pairs, operators / waits / fetches",
            f"{calls.total} / {calls.synchronisations} / {fetches}",
            "0 waits",
        )
