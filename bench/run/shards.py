"""The shards of a run that are to be carried out, taken one by one, alone or together with others.

Where other workers carry out the same run (`bench.run.claims`), a shard is claimed when it is taken,
and one that somebody else has finished is taken by nobody. That a shard is finished is seen by its
samples table, which is written last: it is there, or another one than before.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.core.text import slug
from bench.run.layout import RunFolder

if TYPE_CHECKING:
    from bench.run.claims import Claims

__all__ = ["ShardRef", "Shards", "Stamp", "stamp"]

Stamp = tuple[int, int] | None
"""What tells one samples table of a shard from a later one: its time and size; None where none is."""

_PAUSES = (0.1, 2.0)  # seconds of waiting for others: the first, which then grows, and the longest
_LOOK = 1.0  # seconds between two looks at what others have finished
_LAG = 60.0  # seconds in which NFS shows what another machine has written


@dataclass(frozen=True, order=True)
class ShardRef:
    """A shard by name.

    Attributes:
        task: the task's name.
        number: counts the task's shards from 0.
    """

    task: str
    number: int


def stamp(folder: RunFolder, shard: ShardRef) -> Stamp:
    """The stamp of a shard's samples table."""
    try:
        facts = folder.shard("samples", slug(shard.task), shard.number).stat()
    except FileNotFoundError:
        return None
    return facts.st_mtime_ns, facts.st_size


class Shards(Iterator[ShardRef]):
    """The shards that are to be carried out, in plan order.

    An executor that carries out shards takes them: `for shard in shards`, or `take` where it must not
    wait. One that starts workers which take shards by themselves (`bench.run.take_part`) only follows
    them: `for shard in shards.follow(pause)`.

    Args:
        waiting: those that are not done yet.
        needed: whether a shard's task still needs edits; asked when a shard is taken.
        folder: the run, where others may carry out shards too.
        claims: this worker's claims; None where nobody else takes shards, or where they are followed.
        stamps: the shards' stamps when they were found waiting.
        elsewhere: told of every shard that another worker turns out to have done.
        observe: called at every look at what others do.
        place: where among the shards this worker begins, 0 = with the first, 0.5 = in the middle. Workers
            that begin apart read ahead what nobody else takes.

    Attributes:
        needed: as given.
    """

    def __init__(
        self,
        waiting: Iterable[ShardRef],
        needed: Callable[[ShardRef], bool] = lambda _: True,
        *,
        folder: RunFolder | None = None,
        claims: Claims | None = None,
        stamps: Mapping[ShardRef, Stamp] | None = None,
        elsewhere: Callable[[ShardRef], None] = lambda _: None,
        observe: Callable[[], None] = lambda: None,
        place: float = 0.0,
    ) -> None:
        order = list(waiting)
        at = int(place * len(order))
        self._waiting = dict.fromkeys(order[at:] + order[:at])
        self._held: set[ShardRef] = set()
        self.needed = needed
        self._folder, self._claims = folder, claims
        self._stamps = dict(stamps or {})
        self._elsewhere, self._observe = elsewhere, observe
        self._looked = self._observed = 0.0

    @property
    def stamps(self) -> dict[ShardRef, Stamp]:
        """The shards that nobody here has taken yet, with their stamps: what another process needs."""
        return {shard: self._stamps.get(shard) for shard in self._waiting}

    @property
    def over(self) -> bool:
        """Whether nothing is left, neither to take nor with others."""
        return not any(self.needed(shard) for shard in self._waiting)

    def __iter__(self) -> Shards:
        return self

    def __next__(self) -> ShardRef:
        """The next shard; waits where all that are left are with other workers."""
        pause, longest = _PAUSES
        while True:
            shard = self.take()
            if shard is not None:
                return shard
            if not self._waiting:
                raise StopIteration
            time.sleep(pause)
            pause = min(2 * pause, longest)

    def take(self) -> ShardRef | None:
        """The next shard, or None where none is left or all that are left are with other workers."""
        if time.monotonic() - self._looked > _LOOK:
            for shard in self._finished():
                self._elsewhere(shard)
        self._held.clear()
        for shard in list(self._waiting):
            if not self.needed(shard):
                del self._waiting[shard]
                continue
            if self._claims is not None and not self._claims.take(shard):
                self._held.add(shard)
                continue
            del self._waiting[shard]
            if self._done(shard):
                self.release(shard)
                self._elsewhere(shard)
                continue
            return shard
        return None

    def release(self, shard: ShardRef) -> None:
        """Gives back a shard that was taken, done or not."""
        if self._claims is not None:
            self._claims.release(shard)

    def suspect(self, shard: ShardRef) -> bool:
        """Whether a worker died at a shard: nothing is then to be done beside it."""
        return self._claims is not None and bool(self._claims.vain(shard))

    def coming(self, count: int) -> list[ShardRef]:
        """The shards that are likely next, at most `count`; none of them is claimed."""
        found: list[ShardRef] = []
        for shard in self._waiting:
            if len(found) == count:
                break
            if shard not in self._held and self.needed(shard):
                found.append(shard)
        return found

    def follow(self, pause: Callable[[], bool | None]) -> Iterator[ShardRef]:
        """Each shard when some worker has finished it, until none is left.

        Args:
            pause: called between two looks; it waits a moment, and raises where the work has failed. It
                gives False where every worker has ended in order: a shard that does not show for a
                minute from then on has vanished, and is waited for no longer.
        """
        at_work = time.monotonic()
        while True:
            yield from self._finished()
            if self.over:
                return
            if pause() is not False:
                at_work = time.monotonic()
            elif time.monotonic() - at_work > _LAG:
                return

    def _finished(self) -> list[ShardRef]:
        """The waiting shards that others have finished since the last look; they wait no longer."""
        self._looked = time.monotonic()
        if self._looked - self._observed > _LOOK:
            self._observed = self._looked
            self._observe()
        there = self._there()
        found = [shard for shard in self._waiting if shard in there and self._done(shard)]
        for shard in found:
            del self._waiting[shard]
        return found

    def _there(self) -> set[ShardRef]:
        """The shards of which a samples table is there, one look a task."""
        if self._folder is None:
            return set()
        tasks = dict.fromkeys(shard.task for shard in self._waiting)
        return {
            ShardRef(task, int(file.stem))
            for task in tasks
            for file in self._folder.shards("samples", slug(task))
        }

    def _done(self, shard: ShardRef) -> bool:
        if self._folder is None:
            return False
        now = stamp(self._folder, shard)
        return now is not None and now != self._stamps.get(shard)
