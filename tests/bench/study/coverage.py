"""How often intervals hold the truth, at full size.

    python -m tests.bench.study.coverage [REPEATS [SHAPE ...]]

prints for studies of different shapes how often the 95 % intervals of a share and of a strength hold the true
value: Wilson's, which takes answers for independent, and the one clustered by rater and by scene.
The true strength is that of a study of very many answers.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import numpy as np

from bench.study.count import count_votes
from tests.bench.study.simulated import People

SHAPES = {
    "20 raters, 40 scenes, 30 each": People(),
    "8 raters, 40 scenes, 40 each": People(raters=8, questions=40),
    "50 raters, 100 scenes, 60 each": People(raters=50, scenes=100, questions=60),
    "20 raters, 10 scenes, 10 each": People(scenes=10, questions=10),
    "nobody differs": People(by_rater=0.0, by_scene=0.0),
    "left worth 0.5": People(left=0.5),
    "strong preference (2.5)": People(strengths=(2.5, 0.0)),
    "three methods": People(strengths=(0.6, 0.2, 0.0), questions=36),
}


def main(repeats: int, shapes: Sequence[str]) -> None:
    print(f"{repeats} studies each")
    for name, people in SHAPES.items():
        if shapes and name not in shapes:
            continue
        titles = {f"m{i}": f"m{i}" for i in range(len(people.strengths))}
        truth = people.true_share()
        wide = People(**{**vars(people), "raters": 400, "scenes": 400, "questions": 200})
        strong = count_votes(wide.votes(10**6), "pair", titles).strengths[0].value
        hits = np.zeros(3)
        for seed in range(repeats):
            found = count_votes(people.votes(seed), "pair", titles)
            share = found.pairs[0].estimate
            hits += [
                share.plain_low <= truth <= share.plain_high,
                share.low <= truth <= share.high,
                bool(found.strengths)
                and found.strengths[0].low <= strong <= found.strengths[0].high,
            ]
        percent = 100 * hits / repeats
        print(
            f"{name:32} Wilson {percent[0]:5.1f}  clustered {percent[1]:5.1f}  strength {percent[2]:5.1f}"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000, sys.argv[2:])
