"""How a run of Trio is made to ask which task goes next.

There are two ways, and they take the same orders. The first replaces the queue of
runnable tasks, which is private to Trio and the faster. The second is made of
documented parts alone.
"""

from collections.abc import Callable

from ..._core.trio_private import Pick, can_steer, steer as steer_by_queue
from .gate import steer_by_gate


def steer(pick: Pick) -> Callable[[], bool]:
    """Let *pick* choose every next task of the current run, if that can be had.

    Returns:
        What tells, once the program has run, whether it could be had.
    """
    if can_steer():
        steer_by_queue(pick)
        return lambda: True
    return steer_by_gate(pick)
