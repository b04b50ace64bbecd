"""Every error that exeunt raises. Few, flat, and each says who is to blame.

An error about a message carries that very message in ``message``, so that nothing is
lost: send it elsewhere, put it away, or show it.
"""

from typing import ClassVar

import trio

from ._model.outcome import Fate

__all__ = [
    "AgentClosed",
    "AgentCrashed",
    "BadRecording",
    "CleanupOverran",
    "Deadlock",
    "MailboxFull",
    "MessageDropped",
    "NotARequest",
    "PostponedTooMuch",
    "Refusal",
    "ReplyDropped",
    "TooFewAnswers",
    "Unhandled",
    "WorkerDied",
    "WrongRun",
]


class _AboutMessage(Exception):
    """An error that hands a message back."""

    message: object

    def __init__(self, text: str, *, message: object = None) -> None:
        super().__init__(text)
        self.message = message


class AgentClosed(_AboutMessage):
    """The agent does not take this message, because it leaves or has left.

    Nobody need be to blame: agents end while others still talk to them. Where the
    agent crashed, ``__cause__`` is the crash.

    Attributes:
        message: the message that comes back, or None where there was none.
        agent: the name of the agent.
        fate: what became of the message if it had been accepted (only an ask lives
            to see that); None if it never was.
    """

    def __init__(
        self,
        text: str,
        *,
        message: object = None,
        agent: str = "",
        fate: Fate | None = None,
    ) -> None:
        super().__init__(text, message=message)
        self.agent = agent
        self.fate = fate


class AgentCrashed(_AboutMessage):
    """The agent crashed while it handled this very request.

    The agent is to blame, or the request that it could not digest: ``__cause__`` is
    what its handler raised.

    Attributes:
        message: the request.
        agent: the name of the agent.
    """

    fate: ClassVar[Fate] = Fate.FAILED

    def __init__(self, text: str, *, message: object = None, agent: str = "") -> None:
        super().__init__(text, message=message)
        self.agent = agent


class Deadlock(_AboutMessage):
    """This wait would never end: it closes a ring of agents that wait for each other.

    The design of the agents in the ring is to blame. Break it by sending instead of
    asking, by deferring the reply, or by waiting in a task of your own.

    Attributes:
        message: the message that was not sent, or None for other waits.
        ring: the names of the agents; each waits for the next, the last for the
            first.
    """

    def __init__(
        self, text: str, *, message: object = None, ring: tuple[str, ...] = ()
    ) -> None:
        super().__init__(text, message=message)
        self.ring = ring


class MailboxFull(_AboutMessage, trio.WouldBlock):
    """There is no room for this message, and it does not wait for any.

    Nobody is to blame: the agent is slower than its senders for the moment. Either
    the message came by `Handle.send_nowait`, and `Handle.send` would wait for room, or
    the agent was started with ``overflow="refuse"``.

    Attributes:
        message: the message that was not sent.
    """


class MessageDropped(_AboutMessage):
    """The agent's mailbox was full, and its overflow policy gave up this request.

    Nobody is to blame: the agent is slower than its senders for the moment, and was
    started with a policy that drops rather than makes them wait.

    Attributes:
        message: the request.
        agent: the name of the agent.
    """

    fate: ClassVar[Fate] = Fate.DROPPED

    def __init__(self, text: str, *, message: object = None, agent: str = "") -> None:
        super().__init__(text, message=message)
        self.agent = agent


class PostponedTooMuch(_AboutMessage):
    """An agent postpones more messages than its mailbox may hold.

    The agent is to blame: the behaviour that it waits for does not come, or it should
    refuse some of the messages instead.

    Attributes:
        message: the message that was not postponed.
    """


class Refusal(Exception):
    """An agent's answer when it will not do what was asked, and lives on.

    Subclass it for the errors of your domain and raise it from a handler: the asker
    gets it, as if the call had been local. For a message that was sent there is
    nobody to refuse, so there it crashes the agent like any other exception.
    """


class ReplyDropped(_AboutMessage, Refusal):
    """The agent deferred its reply and then lost the `Reply` without settling it.

    The agent is to blame.

    Attributes:
        message: the request that will not be answered.
    """


class NotARequest(_AboutMessage, TypeError):
    """`Handle.ask` was given a message that is no `Request`.

    The caller is to blame: send the message, or derive its class from `Request`.

    Attributes:
        message: the message that was not asked.
    """


class TooFewAnswers(_AboutMessage):
    """Several agents were asked, and acceptable answers did not come together.

    Nobody need be to blame: look at what came instead, and ask more agents, or again,
    or be content with less. Where an ask failed, ``__cause__`` is the first failure.

    Attributes:
        message: the request.
        answers: the answers that came, acceptable or not, in the order of arrival.
        errors: what the asks that failed have raised, in the order of arrival.
    """

    def __init__(
        self,
        text: str,
        *,
        message: object = None,
        answers: tuple[object, ...] = (),
        errors: tuple[Exception, ...] = (),
    ) -> None:
        super().__init__(text, message=message)
        self.answers = answers
        self.errors = errors


class Unhandled(_AboutMessage, TypeError):
    """A handler has no case for a message of this type.

    Either the sender or the agent's author is to blame; a type checker tells which.

    Attributes:
        message: the message that no case took.
    """


class WorkerDied(Exception):
    """A worker process ended before the function that it ran.

    The function is to blame, or whoever killed the process, or the system, which had
    no memory left. What the function had done by then is not known.

    Attributes:
        exitcode: what the process ended with; ``-N`` if signal N killed it.
    """

    def __init__(self, text: str, *, exitcode: int | None = None) -> None:
        super().__init__(text)
        self.exitcode = exitcode


class WrongRun(_AboutMessage, RuntimeError):
    """A handle was used outside the Trio run to which its agent belongs.

    The caller is to blame: from another thread, go through `trio.from_thread`.

    Attributes:
        message: the message that was not sent, or None where there was none.
    """


class CleanupOverran(RuntimeWarning):
    """Leaving an agent's `lifespan` took longer than allowed and was cut short.

    The agent's author is to blame, or the ``cleanup`` seconds given at its start are
    too few.
    """


class BadRecording(ValueError):
    """A text is no recording, or not one that this version can read.

    The text is to blame, or whoever has changed it; the message says in which line,
    what is wrong there, and what can be done.

    Attributes:
        line: the number of the line, from 1; None if there is no line at all.
    """

    line: int | None

    def __init__(self, text: str, *, line: int | None = None) -> None:
        super().__init__(text if line is None else f"line {line}: {text}")
        self.line = line
