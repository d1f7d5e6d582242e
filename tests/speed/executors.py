"""What several workers give, and what a shard costs beside its edits; run by hand, nothing is asserted.

    OMP_NUM_THREADS=1 python -m tests.speed.executors [--edits 2000] [--workers 2]

Carries out one suite (drawn rooms of 64 pixels; a diffusion fill and a network of the zoo; psnr, ssim,
fd-procedural) with `local` and one thread, with one process and with several, one after the other. Says
seconds from the call to the tables, seconds of all processors, edits a second, ratios, and whether the
bytes are equal; then what the claim of a shard costs. It wants as many idle cores as there are workers.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import resource
import tempfile
import time
from pathlib import Path

import torch

from bench.run.claims import Claims
from bench.run.layout import RunFolder
from bench.run.plan import SHARD
from bench.run.shards import ShardRef
from bench.run.suite_run import run_suite
from bench.suite.schema import Suite


def suite(edits: int, methods: list[object], metrics: list[str]) -> Suite:
    """A suite of so many edits over drawn rooms."""
    return Suite.model_validate(
        {
            "name": "speed",
            "datasets": {
                "rooms": {
                    "dataset": "procedural-rooms",
                    "split": "test",
                    "size": 64,
                    "fit": "resize",
                    "limit": edits,
                }
            },
            "tasks": [{"dataset": "rooms", "protocol": "freeform@1"}],
            "methods": methods,
            "metrics": metrics,
        }
    )


def processors() -> float:
    """Seconds of all processors, those of finished child processes among them."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def carried_out(made: Suite, out: Path, device: str, executor: str) -> tuple[float, float, str]:
    """Seconds from the call to the tables, the same of processors, and a digest of the promised bytes."""
    start = time.perf_counter(), processors()
    outcome = run_suite(made, out=out, device=device, executor=executor, workers=2)
    seconds, used = time.perf_counter() - start[0], processors() - start[1]
    assert outcome.failed == 0
    state = hashlib.sha256()
    files = [*out.glob("samples/**/*.parquet"), *out.glob("predictions/**/*.png")]
    for file in sorted([*files, out / "scores.parquet"]):
        state.update(file.read_bytes())
    return seconds, used, state.hexdigest()[:12]


def bookkeeping(folder: Path, count: int) -> float:
    """Milliseconds to claim a shard, to ask who is beside, to note a method and to give it back."""
    with Claims(RunFolder(folder), device="cpu") as claims:
        start = time.perf_counter()
        for number in range(count):
            shard = ShardRef("rooms", number)
            claims.take(shard)
            claims.vain(shard)
            claims.alone()
            claims.at(shard, "diffusion")
            claims.told(shard, 16)
            claims.alone()
            claims.release(shard)
        return (time.perf_counter() - start) * 1000 / count


def main() -> None:
    """Measures and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--edits", type=int, default=2000)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    torch.set_num_threads(1)
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {given.edits} edits, 2 methods")
    with tempfile.TemporaryDirectory(prefix="siebench-speed-") as place:
        root = Path(place)
        weights = {"weights": "sesame-procedural.safetensors"}
        sesame = {"name": "sesame", "editor": "sesame", "options": weights}
        made = suite(given.edits, ["diffusion", sesame], ["psnr", "ssim", "fd-procedural"])
        many = f"cpu:{given.workers}"
        found = {}
        for device, executor in (("cpu", "local"), ("cpu:1", "processes"), (many, "processes")):
            place_of = root / executor / device.replace(":", "-")
            found[device] = seconds, used, digest = carried_out(made, place_of, device, executor)
            print(
                f"{executor:10} {device:6} {seconds:8.1f} s {used:8.1f} CPU s "
                f"{given.edits / seconds:7.2f} edits/s  {digest}",
                flush=True,
            )
        local, one, several = (seconds for seconds, _, _ in found.values())
        print(f"{many} against cpu:1: {one / several:.2f}; against local: {local / several:.2f}")
        used_by = [used for _, used, _ in found.values()]
        print(f"start of a process and its own import: {used_by[1] - used_by[0]:.1f} CPU s")
        print(f"claim of a shard: {bookkeeping(root / 'claims', 500):.2f} ms of {SHARD} edits")
        same = len({digest for _, _, digest in found.values()}) == 1
        print("bytes equal" if same else "BYTES DIFFER")


if __name__ == "__main__":
    main()
