"""Dynamic partial-order reduction: one run for each set of runs that lead to the same.

The algorithm is *source-DPOR* with sleep sets: Abdulla, Aronis, Jonsson and Sagonas,
"Optimal dynamic partial order reduction", POPL 2014, section 5. In short:

The runs form a tree: at each *node* some task takes the next step. One run is made,
and its races are looked for (`order`). For each race, at the node before its first
step, a task is added to the node's *backtrack* set which begins to bring about the
other order, unless one of the set does so already. Then the deepest node that has a
task left to be tried is gone back to, and a new run takes that one.

Once all that comes of a task at a node has been seen, the task *sleeps* there: to
take its step a little later, after steps that can change places with it, would lead
to what has been seen. A step with which it cannot change places wakes it. Where all
tasks sleep, the rest of the run leads to nothing new.

Here a task that can run stays able to run until it does, as the paper assumes: what
Trio has made runnable, nothing in Trio takes back.
"""

from collections.abc import Sequence

import attrs
from trio.lowlevel import Task

from ..exploring.exploration import NotDeterministic
from .footprint import Footprint, commute
from .order import Order
from .recorder import Recorder, Step


@attrs.define(eq=False)
class Node:
    """A place in the tree: the tasks that can take the next step.

    Attributes:
        step: the last one that was taken from here.
        asleep: the tasks whose steps need not be taken here, with their footprints.
        backtrack: the tasks whose steps are taken here, sooner or later.
    """

    step: Step
    asleep: dict[int, Footprint]
    backtrack: set[int]

    def next_to_try(self) -> int | None:
        """Put the task to sleep whose steps have been seen, and return another."""
        self.asleep[self.step.task] = self.step.footprint
        return min(self.backtrack - self.asleep.keys(), default=None)


@attrs.define(eq=False)
class Guide:
    """Chooses the tasks of one run: those of the prefix, then any that do not sleep.

    Attributes:
        prefix: who takes the first steps.
        asleep: who sleeps at the node from which the last of those is taken, and then
            at each node after it.
        seen_until: before which step all tasks slept, if it has come to that.
    """

    recorder: Recorder
    prefix: tuple[int, ...]
    asleep: list[dict[int, Footprint]]
    seen_until: int | None = None

    def choose(self, ready: Sequence[Task], options: int) -> int:
        """Return the index of the task that takes the next step."""
        del options
        able = [self.recorder.numbers[task] for task in ready]
        taken = len(self.recorder.steps)
        if taken < len(self.prefix):
            if self.prefix[taken] not in able:
                raise RuntimeError("a task that could run cannot this time")
            return able.index(self.prefix[taken])
        asleep = self.follow()
        for index, task in enumerate(able):
            if task not in asleep:
                return index
        self._stop(taken)
        return 0

    def follow(self) -> dict[int, Footprint]:
        """Return who sleeps now, after the steps that were taken."""
        first = max(len(self.prefix) - 1, 0)
        for step in self.recorder.steps[first + len(self.asleep) - 1 :]:
            asleep = self.asleep[-1]
            if step.task in asleep:
                self._stop(first + len(self.asleep) - 1)
            awake_after = step.footprint
            self.asleep.append(
                {
                    task: footprint
                    for task, footprint in asleep.items()
                    if commute(footprint, awake_after)
                }
            )
        return self.asleep[-1]

    def _stop(self, step: int) -> None:
        if self.seen_until is None:
            self.seen_until = step


@attrs.define(eq=False)
class Tree:
    """All orders of the steps of a program, as far as they lead to different things.

    For each run, let a `guide` choose the tasks while its recorder looks on. Then call
    `learn`, until it says that there is nothing left.
    """

    nodes: list[Node] = attrs.field(factory=list[Node])
    prefix: tuple[int, ...] = ()

    def guide(self, recorder: Recorder) -> Guide:
        """Return who chooses the tasks of the next run."""
        asleep = dict(self.nodes[-1].asleep) if self.nodes else {}
        return Guide(recorder, self.prefix, [asleep])

    def learn(self, guide: Guide) -> bool:
        """Take in a run, and return whether another one is to be made."""
        guide.follow()
        steps = guide.recorder.steps[: guide.seen_until]
        self._grow(steps, guide.asleep)
        self._reverse_races(steps)
        return self._go_back()

    def _grow(self, steps: Sequence[Step], asleep: list[dict[int, Footprint]]) -> None:
        again = max(len(self.prefix) - 1, 0)
        for node, step in zip(self.nodes[:again], steps, strict=False):
            if (node.step.task, node.step.footprint) != (step.task, step.footprint):
                raise NotDeterministic(_NOT_THE_SAME)
        if self.prefix:
            self.nodes[again].step = steps[again]
        for step, sleepers in zip(
            steps[len(self.prefix) :], asleep[bool(self.prefix) :], strict=False
        ):
            self.nodes.append(Node(step, dict(sleepers), {step.task}))

    def _reverse_races(self, steps: Sequence[Step]) -> None:
        order = Order(steps)
        for first, second in order.races:
            if second < len(self.prefix) - 1:
                continue  # seen in an earlier run
            node = self.nodes[first]
            able = order.overtaking(first, second)
            if not any(task in node.backtrack or task in node.asleep for task in able):
                best = steps[second].task
                node.backtrack.add(best if best in able else able[0])

    def _go_back(self) -> bool:
        while self.nodes:
            task = self.nodes[-1].next_to_try()
            if task is not None:
                taken = [node.step.task for node in self.nodes[:-1]]
                self.prefix = (*taken, task)
                return True
            self.nodes.pop()
        return False


_NOT_THE_SAME = (
    "the same steps touched different things in two runs: something besides the order "
    "of steps decides what the program does"
)
