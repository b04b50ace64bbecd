"""Bugs, each planted in one place of the runtime, and the law that has to find it.

A bug is a change to the text of one function, so that it reads like the mistake that
somebody could make there. If the text is not there any more, planting it fails: a bug
that was not planted must not count as one that was found.
"""

import inspect
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from types import CodeType
from typing import Any

import attrs

from exeunt._core import ask, ending, handle, life, mailbox, runner, waiting


@attrs.frozen
class Bug:
    """One mistake."""

    name: str
    law: str
    place: Any  # the function in which it is made
    right: str
    wrong: str
    rare: bool = False  # finding it takes so many examples that it is left to "slow"

    @contextmanager
    def planted(self) -> Iterator[None]:
        """Have the mistake in the runtime for the time of the block."""
        function = inspect.unwrap(self.place)
        before = function.__code__
        function.__code__ = self._wrong_code(function)
        try:
            yield
        finally:
            function.__code__ = before

    def _wrong_code(self, function: Any) -> CodeType:
        source = textwrap.dedent(inspect.getsource(function))
        assert source.count(self.right) == 1, f"{self.name}: its place has changed"
        wrong = textwrap.indent(source.replace(self.right, self.wrong), "    ")
        # Inside another function, so that super() finds the class it asks for.
        maker = f"def make(__class__):\n{wrong}\n    return {function.__name__}"
        names: dict[str, Any] = {}
        exec(maker, function.__globals__, names)
        made = names["make"](None)
        code: CodeType = inspect.unwrap(getattr(made, "fget", made)).__code__
        return code


BUGS = [
    Bug(
        "a dying agent tells the senders in the line that it has accepted",
        "2 truthful sender",
        mailbox.Mailbox.close_intake,
        "sender.refused(refuse(sender.message))",
        "sender.admitted()",
    ),
    Bug(
        "the error for a refused message brings another one back",
        "2 truthful sender",
        mailbox.Mailbox.close_intake,
        "refuse(sender.message)",
        "refuse(None)",
    ),
    Bug(
        "the asker of the message that crashed is not answered",
        "5 ask totality",
        ending._end_turn,
        "turn.settle(error=regrets.turn_lost(life, turn.message, event))",
        "pass",
    ),
    Bug(
        "a handler starts after the cancel",
        "9 no start after cancel",
        runner._attend,
        "if not undisturbed(home):\n            life.held = item",
        "if False:\n            life.held = item",
    ),
    Bug(
        "a message taken when the cancel came is forgotten",
        "1 conservation",
        runner._attend,
        "life.held = item",
        "pass",
    ),
    Bug(
        "stop leaves the intake open until the queue is empty",
        "3 intake closes at the call",
        life.Life.stop,
        "self.mailbox.close_intake(self.refusal)",
        "self.mailbox.waiting or self.mailbox.close_intake(self.refusal)",
    ),
    Bug(
        "cancel leaves the intake open",
        "3 intake closes at the call",
        life.Life.cancel,
        "self.mailbox.close_intake(self.refusal)",
        "pass",
    ),
    Bug(
        "lifespan is left before the askers are answered",
        "11 answers before cleanup",
        runner._attend_within,
        "retire(life, error)",
        "pass",
    ),
    Bug(
        "the receiving end is closed before the mailbox is cleared",
        "1 conservation",
        mailbox.Mailbox.clear,
        "left: list[Any] = []",
        "left: list[Any] = []; self.outlet.close()",
    ),
    Bug(
        "a fate is counted twice",
        "1 conservation",
        ending._end_turn,
        "life.count(turn, Fate.FAILED if event is Event.CRASH else Fate.INTERRUPTED)",
        "life.count(turn, Fate.INTERRUPTED); life.handled += 1",
    ),
    Bug(
        "a reply is lost to a cancel in the same instant",
        "5 a reply that is there is not lost",
        ask.Ask.answer,
        "return self._value",
        "await trio.lowlevel.checkpoint(); return self._value",
    ),
    Bug(
        "leaving lifespan has no bound",
        "8 bounded stop",
        runner._attend_within,
        "cleanup.deadline = trio.current_time() + life.cleanup",
        "pass",
    ),
    Bug(
        "leaving lifespan is not shielded",
        "25 cleanup once",
        runner._attend_within,
        "cleanup.shield = True",
        "pass",
    ),
    Bug(
        "lifespan is not left after a crash",
        "25 cleanup once",
        runner._attend_within,
        "retire(life, error)",
        "retire(life, error)\n        if isinstance(error, Exception): raise error",
    ),
    Bug(
        "a chain that is no ring is called a deadlock",
        "18 deadlock",
        waiting.ring_closed_by,
        "return []",
        "return ring if len(ring) > 1 else []",
    ),
    Bug(
        "a deferred reply is still an edge",
        "18 no ring through a deferred reply",
        ask.Ask.defer,
        "self.take_back()",
        "pass",
    ),
    Bug(
        "waiting for an end is no edge",
        "18 deadlock of ends",
        waiting.own_life,
        "life.task is current_task()",
        "life.task is current_task() and life.mailbox.line",
    ),
    Bug(
        "the last in the line is let in first",
        "4 order",
        mailbox.Mailbox.call_in,
        "popitem(last=False)",
        "popitem(last=True)",
    ),
    Bug(
        "an abandoned request is handled all the same",
        "16 abandon",
        runner._answer,
        "if ask.stage is not Stage.QUEUED:",
        "if False:",
    ),
    Bug(
        "a linked asker leaves before its turn has ended",
        "17 linked",
        ask.Ask._on_cancel,
        "return Abort.FAILED",
        "self._task = None; self.take_back(); return Abort.SUCCEEDED",
    ),
    Bug(
        "cancelling a linked asker cancels the agent",
        "17 linked",
        ask.Ask._on_cancel,
        "self.turn.cancel()",
        "self.life.scope.cancel()",
    ),
    Bug(
        "a crash is swallowed",
        "10 a crash surfaces once",
        runner.run,
        "raise life.error",
        "pass",
    ),
    Bug(
        "a crash is wrapped",
        "10 a crash surfaces once",
        runner.run,
        "raise life.error",
        "raise ExceptionGroup('crash', [life.error])",
    ),
    Bug(
        "each watcher gets an outcome of its own",
        "28 watchers",
        life.Life.__dict__["outcome"].fget,
        "if self._outcome is None:",
        "if True:",
    ),
    Bug(
        "a cancel does nothing once the agent is draining",
        "7 stop semilattice",
        life.Life.cancel,
        "if self.reason is None:",
        "if self.state is State.DRAINING:\n        return\n    if self.reason is None:",
    ),
    Bug(
        "stop forgets what is queued",
        "6 lossless drain",
        life.Life.stop,
        "self.mailbox.close_intake(self.refusal)",
        "self.mailbox.close_intake(self.refusal); self.mailbox.clear()",
    ),
    Bug(
        "the receiving end stays open",
        "26 no leaks",
        mailbox.Mailbox.clear,
        "self.outlet.close()",
        "pass",
    ),
    Bug(
        "Ctrl-C may strike between a message and its account",
        "27 Ctrl-C at any line",
        runner.run,
        "@enable_ki_protection",
        "",
    ),
    Bug(
        "control waits its turn behind the queue",
        "22 control priority",
        life.Life.cancel,
        "cancel_scope(self.scope, reason)",
        "self.mailbox.waiting or cancel_scope(self.scope, reason)",
    ),
    Bug(
        "a refused asker is answered with None",
        "24 schedule independence",
        runner._reply,
        "ask.settle(error=refusal)",
        "ask.settle(life.mailbox.waiting)",
    ),
    Bug(
        "a sender that finds the mailbox full is not put into the line",
        "30 monotone capacity",
        handle.Handle.send,
        "except trio.WouldBlock:\n        await wait_for_room(life, message)",
        "except trio.WouldBlock:\n        pass",
    ),
    Bug(
        "the agent sleeps although its mailbox has mail",
        "29 refinement",
        ask.Ask.post,
        "mailbox.wake()",
        "pass",
    ),
]
