"""A training that ends by the clock: its schedule follows the share of its time that has passed.

    train(config, out, budget=Budget(seconds=90, most=20_000))

How many steps fit into the time is not known before, and changes with what else runs on the machine.
So at every step the length of the whole run is taken from the share s of the time that has passed,
steps / s, and rates and phases follow it as they would in a run of that length. s only grows, and it is
the larger one of the shares of the time and of the steps, so that a run also ends after `most` steps.
The same training by the clock takes other steps every time; its card says how many they were.

A training that is compared with others must be trained as these are: `by_steps` its schedule follows the
steps alone, and the end of the time only interrupts it.
"""

from __future__ import annotations

import time
from collections.abc import Callable

__all__ = ["Budget"]

_KEPT = 64
"""Lengths that are remembered: batches are drawn a few steps ahead of the step at hand."""


class Budget:
    """The time of a training.

    Args:
        seconds: from now on.
        most: steps after which the training ends in any case.
        spent: the share that earlier parts of the training have used, 0 to below 1.
        stop: says whether the training shall end early; asked after every step.
        by_steps: the schedule is that of a run of `most` steps; time that ends before interrupts it.
        clock: seconds that only grow.
    """

    def __init__(
        self,
        seconds: float,
        most: int,
        *,
        spent: float = 0.0,
        stop: Callable[[], bool] = lambda: False,
        by_steps: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.most = most
        self._seconds, self._spent = seconds, spent
        self._stop, self._clock, self._by_steps = stop, clock, by_steps
        self._begun = clock()
        self._lengths: dict[int, int] = {}

    def share(self, step: int) -> float:
        """The share of the training that is done before a step, 0 to 1."""
        of_steps = min(1.0, step / self.most)
        if self._by_steps:
            return of_steps
        spent = self._spent + (1 - self._spent) * self._passed()
        return min(1.0, max(spent, of_steps))

    def length(self, step: int) -> int:
        """How many steps the whole run has, as far as is known at a step; the same when asked again."""
        if step not in self._lengths:
            share = self.share(step)
            known = self.most if step == 0 or share <= 0 else round(step / share)
            before, then = next(reversed(self._lengths.items()), (0, 0))
            if 0 < before < step:  # rounded lengths must not turn the schedule back
                known = min(known, step * then // before)
            while len(self._lengths) >= _KEPT:
                self._lengths.pop(next(iter(self._lengths)))
            self._lengths[step] = min(self.most, max(step + 1, known))
        return self._lengths[step]

    def over(self, done: int) -> bool:
        """Whether the training ends after `done` steps: time or steps are used, or it was asked to."""
        return self._stop() or self._passed() >= 1 or self.share(done) >= 1

    def whole(self, done: int) -> int:
        """The steps of the schedule of a run that ended after `done`; by the clock no more than these."""
        return max(done, self.most) if self._by_steps else done

    def _passed(self) -> float:
        """The share of its time that has passed."""
        return (self._clock() - self._begun) / self._seconds if self._seconds > 0 else 1.0
