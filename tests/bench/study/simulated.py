"""Raters who are not people: what they think of each method is known, so what a study should find is, too.

A rater sees of each image the method's strength, moved by the scene's own preference and by the
rater's, and by noise; the left image may look better to all, and careless raters do not look at all.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.study.form import TIE
from bench.study.votes import Vote


@dataclass(frozen=True)
class People:
    """Who is simulated.

    Attributes:
        strengths: of the methods, log-odds.
        raters, scenes: how many.
        questions: that one rater answers.
        by_rater, by_scene: standard deviations of what raters and scenes prefer.
        left: what standing left is worth.
        tie: two images that are nearer than this are called equal; 0 = never.
        careless: how many of the raters answer at random.
    """

    strengths: tuple[float, ...] = (0.5, 0.0)
    raters: int = 20
    scenes: int = 40
    questions: int = 30
    by_rater: float = 0.5
    by_scene: float = 0.8
    left: float = 0.0
    tie: float = 0.0
    careless: int = 0

    def votes(self, seed: int) -> list[Vote]:
        """Everybody's votes; methods are called m0, m1, ..."""
        random = np.random.default_rng(seed)
        count = len(self.strengths)
        of_rater = random.normal(0, self.by_rater, (self.raters, count))
        of_scene = random.normal(0, self.by_scene, (self.scenes, count))
        pairs = [(a, b) for a in range(count) for b in range(a + 1, count)]
        found = []
        for rater in range(self.raters):
            for number, scene in enumerate(random.permutation(self.scenes)[: self.questions]):
                pair = pairs[(number + rater) % len(pairs)]
                shown = pair if random.random() < 0.5 else pair[::-1]
                worth = [self.strengths[m] + of_rater[rater, m] + of_scene[scene, m] for m in shown]
                gap = worth[0] - worth[1] + self.left + random.logistic()
                choice = TIE if abs(gap) < self.tie else "A" if gap > 0 else "B"
                if rater < self.careless:
                    choice = "AB"[int(random.integers(2))]
                edit = ("task", f"scene-{scene}")
                names = tuple(f"m{m}" for m in shown)
                found.append(Vote(f"r{rater}", edit, edit, names, choice))
        return found

    def true_share(self, first: int = 0, second: int = 1) -> float:
        """How often the first is preferred, over all raters and scenes there could be, without ties."""
        spread = np.sqrt(2 * (self.by_rater**2 + self.by_scene**2))
        nodes, weights = np.polynomial.hermite_e.hermegauss(80)
        gap = self.strengths[first] - self.strengths[second] + spread * nodes
        return float(weights @ (1 / (1 + np.exp(-gap))) / weights.sum())
