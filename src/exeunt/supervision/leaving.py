"""How the agents of a supervisor leave the stage.

Wave by wave, those that use others first. Either each is drained before what it uses
is stopped, or, if something has failed or somebody cancels, each is cancelled before
what it uses is: the order is the same, so a goodbye to what one uses arrives.

Each agent is shielded from what happens around the supervisor until its turn. No
shield is left behind: every wait for a wave of cancelled agents has a deadline, and
whoever has not gone by the end is left to the nursery without a shield.
"""

from typing import TYPE_CHECKING

import trio

from .._core.failures import without_cancelled
from .muster import Muster

if TYPE_CHECKING:
    from .group import Group
    from .troupe import Troupe

_SLACK = 1.0  # seconds that a cancelled wave may take beside its cleanup


async def leave(troupe: "Troupe", error: BaseException | None) -> BaseException | None:
    """See everybody off, after the body has ended with *error*.

    Return what is to be raised when the nursery has closed.
    """
    troupe.leaving = True
    _note(troupe, error)
    try:
        if not troupe.hurried:
            with troupe.draining:
                await _drain(troupe)
    except BaseException as raised:  # noqa: ASYNC103 - returned
        error = raised
        _note(troupe, error)
    try:
        await _cancel(troupe)
    except BaseException as raised:  # noqa: ASYNC103 - a Ctrl-C; returned
        error = raised
        _note(troupe, error)
    finally:
        _drop_shields(troupe)
    return error


def _note(troupe: "Troupe", error: BaseException | None) -> None:
    if error is None:
        return
    failure = without_cancelled(error)
    if failure is None:
        troupe.hurry("its supervisor was cancelled")
    else:
        troupe.fail(failure)


async def _drain(troupe: "Troupe") -> None:
    for wave in troupe.waves():
        children = troupe.present(wave)
        troupe.last_muster = Muster(children)
        for child in children:
            if child.group is None:
                child.life.stop()
        groups = {child.group for child in children if child.group is not None}
        await _drain_groups(groups)
        await troupe.last_muster.complete()


async def _drain_groups(groups: "set[Group]") -> None:
    if not groups:
        return
    async with trio.open_nursery() as nursery:
        for group in groups:
            nursery.start_soon(group.drain)


async def _cancel(troupe: "Troupe") -> None:
    if troupe.mending is not None:
        troupe.mending.cancel()
    for wave in troupe.waves():
        children = troupe.present(wave)
        troupe.last_muster = Muster(children)
        for child in children:
            child.life.cancel(troupe.why)
        with trio.CancelScope(shield=True) as patience:
            longest = max((child.setting.cleanup for child in children), default=0.0)
            patience.deadline = trio.current_time() + longest + _SLACK
            await troupe.last_muster.complete()


def _drop_shields(troupe: "Troupe") -> None:
    for child in troupe.children.values():
        child.life.cancel(troupe.why)
        if child.life.stage is not None:
            child.life.stage.shield = False
    troupe.nursery.cancel_scope.cancel()
