"""Look at the tasks of a Trio run, and say who waits for what.

By Trio's public interface: the tree of tasks, `Task.iter_await_frames`, and the
``statistics()`` of what is found in the frames. Nothing is asked of the tasks, so it
works when all of them wait, and it costs nothing until it is called.
"""

from collections import Counter
from collections.abc import Container, Iterable, Iterator
from contextvars import ContextVar
from math import inf

from trio.lowlevel import Task, current_root_task, current_statistics

from .._core.trio_private import await_frames, is_asleep
from .cause import Cause, NameOf
from .of_agents import called, cause_in_exeunt, life_of, turn_of, within_what
from .of_trio import cause_in_trio, in_order
from .rings import rings
from .stack import Stack, is_ours, own_frames, stack_of
from .values import Stall, Wait

looks_on: ContextVar[bool] = ContextVar("exeunt looks on", default=False)
"""Set in the tasks of a watchdog, which nobody wants to hear of."""


def who_waits() -> Stall:
    """Look who waits for what in the Trio run that this is called from.

    It may be called by a task, or where no task runs: in a hook of an instrument, in a
    function given to `trio.lowlevel.TrioToken.run_sync_soon`. It changes nothing and
    wakes nobody. The tasks of Trio itself, and of a watchdog, are left out.

    Returns:
        Every task of the run, with what it waits for, down to the line.

    Raises:
        RuntimeError: called outside of a Trio run.

    Example::

        print(who_waits())
    """
    root = current_root_task()
    tasks = () if root is None else below(root)
    return described(tasks, current_statistics().seconds_to_next_deadline)


def described(tasks: Iterable[Task], deadline: float = inf) -> Stall:
    """Say what each of *tasks* waits for, and who of them wait for each other."""
    stacks = {task: stack_of(task) for task in tasks}
    stacks = {t: stack for t, stack in stacks.items() if not _is_scenery(t, stack)}
    names = _names(stacks)

    def name_of(task: Task) -> str:
        ended = "" if await_frames(task) else " (ended)"
        return names.get(task) or f"{_plain_name(task)}{ended}"

    causes = {t: _cause(t, stack, name_of) for t, stack in stacks.items()}
    graph = {task: cause.needs for task, cause in causes.items()}
    return Stall(
        waits=tuple(
            _wait(task, causes[task], stack, name_of) for task, stack in stacks.items()
        ),
        rings=tuple(tuple(map(name_of, ring)) for ring in rings(graph)),
        deadline=deadline,
    )


def with_those_in_the_way(tasks: Iterable[Task]) -> Container[Task]:
    """Return *tasks* and whom they wait for, and whom those wait for, and so on."""
    found = dict.fromkeys(tasks)
    unseen = [*found]
    while unseen:
        task = unseen.pop()
        others = dict.fromkeys(_cause(task, stack_of(task), str).helps)
        unseen += [other for other in others if other not in found]
        found |= others
    return found


def below(task: Task) -> Iterator[Task]:
    """Go through the tasks in the nurseries of *task*, and in theirs."""
    for nursery in task.child_nurseries:
        for child in in_order(nursery.child_tasks):
            if not child.context.get(looks_on, False):
                yield child
                yield from below(child)


def _is_scenery(task: Task, stack: Stack) -> bool:
    """Return whether *task* is Trio's own, or the test runner's."""
    if stack.own is not None or not is_asleep(task):
        return False
    of_trio = task.name.startswith("<") and stack.belongs_to == "trio"
    return of_trio or stack.belongs_to == "pytest_trio"


def _cause(task: Task, stack: Stack, name_of: NameOf) -> Cause:
    if not is_asleep(task):
        return Cause("running", "nothing")
    cause = cause_in_exeunt(stack.within)
    if cause is not None:
        return cause
    cause = cause_in_trio(stack.within, name_of)
    function = within_what(stack.within) if stack.own is not None else ""
    if function and (cause is None or cause.weak):
        return Cause("unknown", f"what {function} gives")
    if cause is None:
        return Cause("unknown", "something that is not known here")
    what = f"{cause.what}, in {function}" if function else cause.what
    return Cause(cause.kind, what, cause.needs, cause.helps)


def _wait(task: Task, cause: Cause, stack: Stack, name_of: NameOf) -> Wait:
    life = life_of(task)
    return Wait(
        task=name_of(task),
        agent=None if life is None else life.name,
        kind=cause.kind,
        what=cause.what,
        place=stack.place,
        turn=None if life is None else turn_of(life),
        wakers=tuple(map(name_of, cause.helps)),
    )


def _names(tasks: Iterable[Task]) -> dict[Task, str]:
    """Call each task as it is called, and number those of one name."""
    plain = {task: _plain_name(task) for task in tasks}
    often = {name for name, count in Counter(plain.values()).items() if count > 1}
    numbers: Counter[str] = Counter()
    names: dict[Task, str] = {}
    for task, name in plain.items():
        numbers[name] += 1
        names[task] = f"{name} #{numbers[name]}" if name in often else name
    return names


def _plain_name(task: Task) -> str:
    """Return what an agent is called, or a task, but for where its function is from."""
    life = life_of(task)
    if life is not None:
        return called(life)
    own: str = getattr(task.coro, "__qualname__", "")
    if task.name.startswith("trio.") or not task.name.endswith(own):
        return task.name
    return _name_of_main(task) or own.rpartition("<locals>.")[2]


def _name_of_main(task: Task) -> str | None:
    """Return what to call the main task, if it began with code of exeunt's."""
    nursery, frames = task.parent_nursery, await_frames(task)
    if nursery is None or nursery.parent_task.parent_nursery is not None:
        return None
    if not frames or not is_ours(frames[0][0]):
        return None
    mine = own_frames(task)
    return mine[0][0].f_code.co_name if mine else "the main task"
