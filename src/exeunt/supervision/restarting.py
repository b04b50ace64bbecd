"""Starting several agents again, because one of them has crashed.

They leave in the order of any leaving, users first, and come in the other way round,
so that an agent finds what it uses at work. What crashes meanwhile begins it anew.
"""

from typing import TYPE_CHECKING

import trio
from trio.lowlevel import enable_ki_protection

from .._core.ending import recall
from .._model.restarts import Restart
from .muster import Muster

if TYPE_CHECKING:
    from .child import Child
    from .troupe import Troupe


@enable_ki_protection
async def restart(troupe: "Troupe") -> None:
    """Start the broken agents again, and those that have to be with them."""
    assert troupe.mending is not None
    with troupe.mending:
        while troupe.broken:
            patience = max(child.patience for child in troupe.broken)
            victims = troupe.victims()
            for wave in victims:
                await _call_out(troupe, wave)
            # Another may have crashed meanwhile: its turn is the next round.
            troupe.broken.difference_update(*victims)
            await trio.sleep(patience)
            for wave in reversed(victims):
                await _call_in(troupe, wave)
                if troupe.broken:
                    break
    troupe.mending = troupe.mustered = None


async def _call_out(troupe: "Troupe", wave: "list[Child]") -> None:
    """Have these agents end their incarnations, and wait until they have."""
    coming = [child for child in wave if not child.waiting and child in troupe]
    troupe.mustered = Muster(coming)
    for child in coming:
        if child.gate is not None:
            continue  # it has crashed itself and is on its way
        if child.restart is Restart.TEMPORARY:
            child.life.cancel("its supervisor starts others again")
        else:
            child.gate = trio.Event()
            recall(child.life)
    await troupe.mustered.complete()


async def _call_in(troupe: "Troupe", wave: "list[Child]") -> None:
    """Have these agents begin their next incarnations, and wait until they have."""
    waiting = [child for child in wave if child.waiting]
    troupe.mustered = Muster(waiting)
    for child in waiting:
        assert child.gate is not None
        child.gate.set()
    await troupe.mustered.complete()
