"""A Hypothesis state machine that drives an agent, and holds it against a model."""

import copy
import inspect
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, ClassVar, TypeVar

from hypothesis import HealthCheck, Phase, settings as settings_of, strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from .._core.setting import check_factory, name_of
from ..stalls.stack import is_users
from .programs.comparing import same
from .programs.printing import Script
from .programs.program import SAYING, Deed, Program, Step
from .programs.rehearsing import Rehearsal
from .scenarios.vocabulary import is_request
from .schedules.schedule import Schedule
from .strategies import schedules
from .strategies.of_messages import drawn_by_type
from .strategies.of_programs import with_smaller_messages

T = TypeVar("T")

_HEALTH: Any = list(HealthCheck)  # programs are long, and each is a run of Trio

# Most of what comes after a stop is refused, and tells little.
_QUIET = st.one_of(st.just(1_000), st.integers(0, 15))
_MOST_STOPS = 2

__all__ = ["AgentMachine", "Disagreement"]


class Disagreement(AssertionError):
    """An agent and its model do not agree. The text is the program that shows it.

    One of the two is wrong; which one, only their author can know.
    """

    def __init__(self, script: Script, rehearsal: Rehearsal) -> None:
        super().__init__(str(script))
        self.script = script
        self.rehearsal = rehearsal


def _of_machine(
    strategy: Callable[["AgentMachine"], st.SearchStrategy[T]],
) -> st.SearchStrategy[T]:
    """Return a strategy that depends on the class of the machine."""
    return st.runner().flatmap(strategy)


_SENT = _of_machine(lambda machine: machine.to_draw(asked=False))
_ASKED = _of_machine(lambda machine: machine.to_draw(asked=True))
_CLIENT = _of_machine(
    lambda machine: (
        st.integers(0, machine.clients - 1) if machine.clients > 1 else st.just(0)
    )
)


class AgentMachine(RuleBasedStateMachine):
    """Drives an agent with drawn programs, and compares it with a model.

    Subclass it, and say at least what the ``agent`` and what the ``model`` is. The
    model is the agent without concurrency: a plain object whose ``handle(message)``
    returns what an asker gets, or raises the `Refusal` that an asker gets. Whatever
    else it raises it expects the agent to crash with.

    Hypothesis then draws programs: what is sent and asked in which order, when time
    goes on and when the agent is stopped. At the end of each, the program is run with
    a new agent in a drawn `Schedule`. The model handles the messages in the order in
    which the agent has; then all answers must be equal, all that was accepted must
    have been handled, and the agent must not have crashed. If not, the smallest such
    program is printed as one that can be run.

    Attributes:
        agent: the factory of agents, usually the class.
        model: the factory of models. If a model has ``advance(seconds)``, it is told
            when time has gone on since the last message, or the start. If it has
            ``restart()``, that is called when the agent is started again after a
            crash; if not, a new model takes its place.
        message_types: the types of messages to draw, or the class of an agent that
            handles them; those of ``agent`` if not given.
        strategies: what to draw in place of a type; see
            `exeunt.testing.strategies.messages`.
        clients: how many tasks use the agent at the same time.
        restarts: whether the agent is started again after a crash. Then it is also
            made to crash now and then.

    Rules of one's own can be added; they call ``self.send(message=...)``,
    ``self.ask(request=...)``, ``self.advance(seconds=...)`` and ``self.stop()``.

    Example::

        class ServiceMachine(AgentMachine):
            agent = Service
            model = ServiceModel


        def test_the_service_does_what_its_model_says():
            ServiceMachine.check()
    """

    agent: ClassVar[Callable[..., Any]]
    model: ClassVar[Callable[..., Any]]
    message_types: ClassVar[Any] = None
    strategies: ClassVar[Mapping[Any, st.SearchStrategy[Any]] | None] = None
    clients: ClassVar[int] = 1
    restarts: ClassVar[bool] = False

    _drawn: ClassVar[dict[Any, st.SearchStrategy[Any]]]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.TestCase.settings = _settings()
        case: Any = cls.TestCase
        case.runTest = _run_test(cls)

    def __init__(self) -> None:
        super().__init__()
        self._steps: list[Step] = []
        self._crash_next = False
        self._quiet = 0
        self._setting: tuple[int, Schedule] | None = None

    @classmethod
    def check(cls, settings: settings_of | None = None) -> None:
        """Look for a program on which the agent and its model disagree.

        Args:
            settings: Hypothesis' settings. If not given, programs have 20 steps at the
                most, and failures are not explained, which would take long and speak
                of Trio's insides.

        Raises:
            Disagreement: there is one. It is the smallest that was found.
            TypeError: the machine has no agent, no model or no messages.
        """
        __tracebackhide__ = True  # pytest need not show this
        for name in "agent", "model":
            check_factory(_factory(cls, name))
        cls.by_type()
        try:
            run_state_machine_as_test(cls, settings=settings or _settings())
        except Disagreement as disagreement:
            found = disagreement
        else:
            return
        smaller = _smaller(cls, found)  # out here, where crashes have their own context
        raise smaller from _of_users(smaller.script.crash)

    def agree(self, expected: Any, seen: Any) -> bool:
        """Return whether what the model says and what was seen are the same.

        Override it where answers need not be equal, or exceptions of the same type.

        Args:
            expected: an answer, or an exception.
            seen: an answer, or an exception.
        """
        return same(expected, seen)

    @initialize(capacity=st.integers(0, 3), schedule=schedules(), quiet=_QUIET)
    def begin(self, capacity: int, schedule: Schedule, quiet: int) -> None:
        """Choose the mailbox, the order of steps, and before which step none stops."""
        self._setting = capacity, schedule
        self._quiet = quiet

    @precondition(lambda self: not self.to_draw(asked=False).is_empty)
    @rule(message=_SENT, client=_CLIENT)
    def send(self, message: Any, client: int = 0) -> None:
        """Send a message."""
        self._add("send", message, client)

    @precondition(lambda self: not self.to_draw(asked=True).is_empty)
    @rule(request=_ASKED, client=_CLIENT)
    def ask(self, request: Any, client: int = 0) -> None:
        """Ask."""
        self._add("ask", copy.copy(request), client)  # each asker has one of its own

    @rule(seconds=st.integers(1, 3), client=_CLIENT)
    def advance(self, seconds: float, client: int = 0) -> None:
        """Let time go on."""
        self._add("advance", seconds, client)

    @precondition(lambda self: self._may_stop())
    @rule(client=_CLIENT)
    def stop(self, client: int = 0) -> None:
        """Stop the agent."""
        self._add("stop", None, client)

    @precondition(lambda self: self.restarts)
    @rule()
    def crash(self) -> None:
        """Have the agent crash in the turn of its next message."""
        self._crash_next = True

    @classmethod
    def by_type(cls) -> dict[Any, st.SearchStrategy[Any]]:
        """Return a strategy for each type of messages; made once for each class."""
        if "_drawn" not in vars(cls):
            of = cls.message_types or _factory(cls, "agent")
            if cls.message_types is None and not isinstance(of, type):
                raise TypeError(
                    f"{cls.__name__}'s agent is no class that says which messages it "
                    "handles: write message_types = ..., as in Set | Get"
                )
            cls._drawn = drawn_by_type(of, cls.strategies)
        return cls._drawn

    @classmethod
    def to_draw(cls, *, asked: bool) -> st.SearchStrategy[Any]:
        """Return a strategy for what is asked, or for what is sent."""
        drawn = cls.by_type()
        some = [drawn[each] for each in drawn if is_request(each) == asked]
        return st.one_of(some) if some else st.nothing()

    def _may_stop(self) -> bool:
        stops = sum(step.deed == "stop" for step in self._steps)
        return len(self._steps) >= self._quiet and stops < _MOST_STOPS

    def _add(self, deed: Deed, argument: Any, client: int) -> None:
        crashes = self._crash_next and deed in SAYING
        self._crash_next = self._crash_next and not crashes
        self._steps.append(Step(deed, argument, client, crashes))

    def teardown(self) -> None:
        """Run the program, and compare."""
        if self._setting is None:
            return
        capacity, schedule = self._setting
        factory = _factory(type(self), "agent")
        steps = tuple(self._steps)
        program = Program(factory, name_of(factory), steps, capacity, self.restarts)
        rehearsal = Rehearsal(_factory(type(self), "model"), self.agree)
        script = rehearsal.script(program, schedule)
        if script is not None:
            raise Disagreement(script, rehearsal)


def _smaller(cls: type[AgentMachine], found: Disagreement) -> Disagreement:
    """Return the same with fewer steps, and then with smaller messages."""
    rehearsal = found.rehearsal
    script = rehearsal.smaller(found.script)
    smaller = with_smaller_messages(rehearsal, script, cls.by_type())
    return Disagreement(smaller, rehearsal)


def _of_users(error: Exception | None) -> Exception | None:
    """Return *error* with a traceback that begins in the user's own code."""
    trace = None if error is None else _trace_of_users(error)
    if error is None or trace is None:
        return error
    context = error.__context__
    if context is not None and _trace_of_users(context) is None:
        error.__suppress_context__ = True  # it is the runtime's own
    return error.with_traceback(trace)


def _trace_of_users(error: BaseException) -> TracebackType | None:
    trace = error.__traceback__
    while trace is not None and not is_users(trace.tb_frame):
        trace = trace.tb_next
    return trace


def _run_test(cls: type[AgentMachine]) -> Callable[[Any], None]:
    def run_test(case: Any) -> None:
        cls.check(case.settings)

    return run_test


def _settings() -> settings_of:
    return settings_of(
        deadline=None,
        phases=set(Phase) - {Phase.explain, Phase.shrink},  # see _smaller
        report_multiple_bugs=False,
        stateful_step_count=20,
        suppress_health_check=_HEALTH,
    )


def _factory(cls: type[AgentMachine], name: str) -> Callable[[], Any]:
    """Return what the class says, and not a method made of it."""
    found = inspect.getattr_static(cls, name, None)
    if found is None:
        raise TypeError(
            f"{cls.__name__} has no {name}: write {name} = ... in its class"
        )
    return found.__func__ if isinstance(found, staticmethod) else found
