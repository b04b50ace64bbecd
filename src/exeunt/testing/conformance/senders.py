"""How a line is brought to the agent, and what its sender sees."""

from typing import Any

import trio

from ..._core.handle import Handle
from ...exceptions import (
    AgentClosed,
    AgentCrashed,
    MailboxFull,
    MessageDropped,
    Refusal,
    ReplyDropped,
)
from .play import Result
from .scene import Line


async def said(line: Line, handle: Handle[Any], patience: float) -> Result:
    """Bring *line* to the agent, and return what came of it."""
    result = Result("left")
    with trio.move_on_after(patience):
        try:
            result = Result(*await _brought(line, handle))
        except (AgentClosed, MailboxFull) as error:
            refused = getattr(error, "fate", None) is None
            result = Result("refused" if refused else "lost", error)
        except (AgentCrashed, MessageDropped, ReplyDropped) as error:
            result = Result("lost", error)
        except Refusal as error:
            result = Result("declined", error)
        except Exception as error:
            result = Result("surprised", error)
    return result


async def _brought(line: Line, handle: Handle[Any]) -> tuple[str, object]:
    message: Any = line.message
    match line.way:
        case "stream":
            async with handle.stream(message) as items:
                return "answered", [item async for item in items]
        case "ask":
            return "answered", await handle.ask(message)
        case "send":
            await handle.send(message)
        case "send_nowait":
            handle.send_nowait(message)
    return "accepted", None
