"""What holds for every recording, whatever the program: the rules of the event stream.

A fold over the events, like all that is made of them. It knows nothing of how they
were recorded, so that the recorder can be held against it.
"""

from collections.abc import Callable, Iterable
from itertools import pairwise

from .._model import events as ev
from .rules_of_agents import Agents
from .rules_of_messages import Messages
from .rules_of_scopes import Scopes

Blame = Callable[[ev.Event, str], None]


def complaints(events: Iterable[ev.Event], *, lost: bool = False) -> list[str]:
    """Return what breaks the rules in a recording: nothing, if exeunt has no bug.

    Args:
        events: what was recorded, in order. It may end in the middle of a run.
        lost: whether the beginning is missing, as `Header.lost` says. Then not all
            have been introduced, and nothing is said of those.

    Returns:
        A sentence for each event that breaks a rule, with its number.

    Example::

        recording = record(main)
        assert complaints(recording.events) == []
    """
    found: list[str] = []

    def blame(event: ev.Event, text: str) -> None:
        found.append(f"{type(event).__name__} {event.seq}: {text}")

    stream = [*events]
    _check_order(stream, blame)
    agents = Agents(blame, lost=lost)
    messages = Messages(blame, agents, lost=lost)
    scopes = Scopes(blame, lost=lost)
    for event in stream:
        for rules in (scopes, agents, messages):
            rules.see(event)
    messages.end()
    return found


def _check_order(events: list[ev.Event], blame: Blame) -> None:
    for before, event in pairwise(events):
        if event.seq != before.seq + 1:
            blame(event, f"comes right after event {before.seq}")
        if event.t < before.t:
            blame(event, f"happens before event {before.seq}, at {event.t:g} s")
