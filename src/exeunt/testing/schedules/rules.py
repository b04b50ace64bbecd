"""What a run may do, who chooses in it, and the record of what it did."""

from collections.abc import Sequence
from typing import Any, Literal, Protocol, TypeAlias

import attrs
from trio.lowlevel import Task

MAX_STEPS = 10_000  # after which a run counts as one without an end

Granularity: TypeAlias = Literal["step", "tick"]


class Chooser(Protocol):
    """Who decides which of several tasks runs next."""

    def choose(self, ready: Sequence[Task], options: int) -> int:
        """Return which of the *options* is taken.

        Args:
            ready: the tasks that can run, the longest waiting first.
            options: how many ways there are to go on: one for each task, and one more
                if the clock may jump to the next deadline instead.
        """
        ...


@attrs.frozen
class Rules:
    """What a run may do.

    Attributes:
        granularity: ``"step"``: any task that can run may be the next.
            ``"tick"``: Trio's batches, each in any order.
        timers: whether a deadline may come before tasks that can still run.
        max_steps: after how many steps a run is given up as one without an end.
        seed: decides in what order Trio runs a batch if it cannot be steered.
    """

    granularity: Granularity = "step"
    timers: bool = False
    max_steps: int = MAX_STEPS
    seed: int = 0

    def __attrs_post_init__(self) -> None:
        if self.granularity not in {"step", "tick"}:
            raise ValueError(
                f"there is no granularity {self.granularity!r}; take 'step' or 'tick'"
            )
        if self.max_steps < 1:
            raise ValueError(f"max_steps must be at least 1, not {self.max_steps}")


@attrs.define
class Run:
    """What one run did.

    Attributes:
        choices: what was chosen wherever there was a choice.
        options: among how many.
        order: the tasks in the order of their steps, numbered as they came.
        value: what the program returned.
        error: or what it raised.
        controlled: whether Trio could be steered at all.
    """

    choices: list[int] = attrs.field(factory=list[int])
    options: list[int] = attrs.field(factory=list[int])
    order: list[int] = attrs.field(factory=list[int])
    value: Any = None
    error: BaseException | None = None
    controlled: bool = True

    @property
    def steps(self) -> int:
        """How many steps the run took."""
        return len(self.order)
