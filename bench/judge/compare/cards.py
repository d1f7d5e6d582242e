"""What a run says of networks, written into the cards that lie beside their weights.

    write_card_scores(Path("runs/zoo"), Path("baselines/zoo"), ["lpips-alex", "miou-hole"])

A card is `NAME.json` beside `NAME.safetensors`; its `scores` are replaced. Rivals are the run's
methods without weights that do not see the hidden pixels.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.core.atomic import write_json
from bench.core.documents import read_json
from bench.core.errors import BadInput
from bench.judge.compare.change import judge
from bench.judge.compare.comparison import whole
from bench.judge.margin import Margin
from bench.judge.pairing import PairedScore, check_methods, pairs
from bench.judge.run_scores import scores_of_run
from bench.judge.scores import ScoreSet

if TYPE_CHECKING:
    from bench.run.reader import Run
    from bench.run.schema import MethodRow

__all__ = ["write_card_scores"]


def write_card_scores(
    folder: Path, cards: Path, decisive: Sequence[str]
) -> dict[Path, bool | None]:
    """Writes scores, and differences from every rival with 95 % intervals, into the run's cards.

    Args:
        folder: a finished run.
        cards: where the cards lie; methods whose weights have none there are passed over.
        decisive: scores by which a network beats its rivals: each difference's interval excludes 0.

    Returns:
        Each card that was written and whether its network beats all rivals; None where there is no
        decisive score.

    Raises:
        BadInput: no finished run, failed edits, a score that the run does not have, no card at all,
            or a card that is no JSON object.
    """
    known = scores_of_run(folder)
    assert known.run is not None
    for name in decisive:
        known.run.metric(name)
    rivals = [m.name for m in known.run.header.methods if _weights(m) is None and not m.sees_hidden]
    written: dict[Path, bool | None] = {}
    for method in known.run.header.methods:
        weights = _weights(method)
        card = None if weights is None else cards / f"{weights.stem}.json"
        if card is None or not card.is_file() or method.problem is not None:
            continue
        scores = _scores(known, known.run, method.name, rivals, decisive)
        write_json(card, {**_read(card), "scores": scores})
        written[card] = scores["beats"]
    if not written:
        raise BadInput(f"{cards}: holds no card of a network that {folder} ran")
    return written


def _weights(method: MethodRow) -> Path | None:
    named = method.options.get("weights")
    return None if named is None else Path(str(named))


def _read(card: Path) -> dict[str, Any]:
    content = read_json(card)
    if not isinstance(content, dict):
        raise BadInput(f"{card}: is not a card; a card is a JSON object")
    return content


def _scores(
    known: ScoreSet, run: Run, method: str, rivals: Sequence[str], decisive: Sequence[str]
) -> dict[str, Any]:
    own = [key.task for key in known.scores if key.method == method]
    check_methods(known, [method], list(dict.fromkeys(own)))
    found = pairs(known, known, [(rival, method) for rival in rivals])
    changes = judge([pair for pair in found if whole(pair.key)], lambda _: Margin(0.0))
    against = [
        {
            "rival": change.pair.before.key.method,
            "task": change.pair.key.task,
            "metric": change.pair.key.metric,
            "difference": _finite(change.pair.difference.estimate),
            "interval": None if change.interval is None else list(map(_finite, change.interval)),
            "better": _better(change.pair, change.interval),
        }
        for change in changes
    ]
    deciding = [row["better"] for row in against if row["metric"] in decisive]
    return {
        "suite": known.suite,
        "values": _values(run, method),
        "against": sorted(against, key=lambda row: (row["task"], row["metric"], row["rival"])),
        "decisive": list(decisive),
        "beats": all(better is True for better in deciding) if deciding else None,
    }


def _better(pair: PairedScore, interval: tuple[float, float] | None) -> bool | None:
    """Whether the newer score is better, or None where the interval holds 0."""
    if interval is None or interval[0] <= 0 <= interval[1]:
        return None
    return pair.difference.estimate * pair.after.sign < 0


def _values(run: Run, method: str) -> list[dict[str, Any]]:
    frame = run.scores
    rows = frame[(frame["method"] == method) & (frame["of"] == "all") & frame["value"].notna()]
    return [
        {
            "task": row["task"],
            "metric": row["metric"],
            **{name: _finite(row[name]) for name in ("value", "low", "high")},
            "n": int(row["n"]),
            "protocol": row["protocol"],
        }
        for row in rows.to_dict("records")
    ]


def _finite(value: float | None) -> float | None:
    """JSON has no infinity (the PSNR of equal images) and no nan."""
    return float(value) if value is not None and math.isfinite(value) else None
