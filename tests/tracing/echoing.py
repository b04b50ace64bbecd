"""An agent that does what it gets, and a look at what was recorded of it."""

from typing import Any

from exeunt import Agent
from exeunt.tracing import Recorder, events as ev


class Echo(Agent[Any]):
    """Does what it gets, if that can be done."""

    async def handle(self, message: Any) -> int:
        if isinstance(message, Exception):
            raise message
        if callable(message):
            await message()
        return 7


def of(recorder: Recorder, kind: type[ev.Event]) -> list[Any]:
    return [e for e in recorder.recording().events if isinstance(e, kind)]
