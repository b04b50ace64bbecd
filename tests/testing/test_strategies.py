"""Messages, lines and scenarios are drawn from the types that an agent handles."""

import sys
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

import attrs
import pytest
import trio
from hypothesis import find, given, settings, strategies as st

from exeunt import Agent, Reason, Request
from exeunt.exceptions import AgentClosed, AgentCrashed, MailboxFull, Refusal
from exeunt.testing import Schedule, Stalled
from exeunt.testing.faults.faulty import faulty
from exeunt.testing.faults.plan import CrashAfter, FaultPlan, InjectedCrash
from exeunt.testing.scenarios.playing import PlannedCrash
from exeunt.testing.scenarios.record import Record
from exeunt.testing.scenarios.scenario import End, Line, Scenario
from exeunt.testing.scenarios.vocabulary import message_types
from exeunt.testing.strategies import ends, lines, messages, scenarios, schedules

M = TypeVar("M")
FEW = settings(max_examples=60, deadline=None)


@attrs.frozen
class Set:
    value: int


@attrs.frozen
class Get(Request[int]):
    pass


@dataclass
class Note:
    words: str


class Opaque:
    def __init__(self, what) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
        self.what = what


@attrs.define
class Service(Agent[Set | Get]):
    value: int = 0

    async def handle(self, message: Set | Get) -> int:
        if isinstance(message, Set):
            self.value = message.value
        elif self.value < 0:
            raise Refusal(self.value)
        return self.value


class Deaf(Agent[M], Generic[M]):
    async def handle(self, message: M) -> None: ...


class DeafToMore(Deaf[M | int]): ...


class DeafToNotes(DeafToMore["Note | Get"]): ...


class Heir(DeafToNotes): ...


class Untold(Agent):  # type: ignore[type-arg]
    async def handle(self, message: Any) -> None: ...


class ToldNothing(Agent[Any]):
    async def handle(self, message: Any) -> None: ...


@pytest.mark.parametrize(
    ("of", "types"),
    [
        (Service, (Set, Get)),
        (DeafToNotes, (Note, Get, int)),
        (Heir, (Note, Get, int)),
        (Deaf[str], (str,)),
        (Set | Get | Set, (Set, Get)),
        (Set, (Set,)),
        (Literal["start", "stop"], (Literal["start", "stop"],)),
        (tuple[int, str], (tuple[int, str],)),
    ],
)
def test_the_types_are_those_in_the_brackets(of: Any, types: tuple[Any, ...]) -> None:
    assert message_types(of) == types


@pytest.mark.skipif(sys.version_info < (3, 12), reason="has no type statement")
def test_a_type_statement_is_looked_into() -> None:
    names: dict[str, Any] = {"Set": Set, "Get": Get}
    exec("type Message = Set | Get", names)
    assert message_types(names["Message"]) == (Set, Get)


@pytest.mark.parametrize(
    ("of", "text"),
    [
        (Untold, "Untold does not say which messages it handles: derive it from"),
        (ToldNothing, "ToldNothing does not say which messages it handles"),
        (Deaf, "Deaf does not say which messages it handles"),
        (Any, "Any is no type of messages: name one, or an Agent's class"),
        (3, "messages come from types or an Agent's class, not 3"),
        (Opaque, r"Hypothesis cannot make a Opaque of its annotations .*: say how"),
    ],
)
def test_what_cannot_be_drawn_is_said_at_once(of: Any, text: str) -> None:
    with pytest.raises(TypeError, match=text):
        messages(of)


@pytest.mark.parametrize(
    ("strategies", "error", "text"),
    [
        (
            {float: st.floats()},
            ValueError,
            "float is the type neither of a message nor",
        ),
        ({int: 3}, TypeError, "int is drawn from a strategy, not from 3"),
        ([int], TypeError, "strategies come as {type: strategy}, not as"),
    ],
)
def test_strategies_that_do_not_fit_are_refused(
    strategies: Any, error: type[Exception], text: str
) -> None:
    with pytest.raises(error, match=text):
        messages(Service, strategies)


def test_every_type_is_drawn() -> None:
    drawn = set[type]()

    @settings(FEW, database=None)
    @given(messages(Heir))
    def draw(message: Any) -> None:
        drawn.add(type(message))

    draw()
    assert drawn == {Note, Get, int}


@given(messages(Service, {int: st.just(7)}))
@FEW
def test_a_field_is_drawn_as_wanted(message: Set | Get) -> None:
    assert message in {Set(7), Get()} or isinstance(message, Get)


@given(messages(Set | Opaque, {Opaque: st.builds(Opaque, st.just(1))}))
@FEW
def test_a_type_is_drawn_as_wanted(message: Set | Opaque) -> None:
    assert isinstance(message, Set) or message.what == 1


@given(lines(Service, senders=2))
@FEW
def test_requests_are_asked_and_the_others_sent(line: Line) -> None:
    assert (line.way == "ask") == isinstance(line.message, Get)
    assert line.sender in {0, 1}
    assert line.crash is None


def test_somebody_has_to_speak() -> None:
    with pytest.raises(ValueError, match="somebody has to speak: senders is 1 or more"):
        lines(Service, senders=0)


def test_a_scenario_shrinks_to_little() -> None:
    scenario = find(scenarios(Service), lambda scenario: len(scenario.lines) > 1)
    assert len(scenario.lines) == 2
    assert [line.after + line.sender for line in scenario.lines] == [0, 0]
    assert scenario.ends == ()
    assert scenario.capacity == 0
    assert find(ends(), lambda _: True) == End("stop")


def wrong(value: Any) -> Any:
    """Say to type checkers that this is meant."""
    return value


# How a scenario is played.


def play(*said: Line, end: End | None = None, capacity: int = 1) -> Record:
    ending = () if end is None else (end,)
    return Schedule().run(Scenario(said, ending, capacity).play, Service)


@given(scenario=scenarios(Service, crashes=["before", "after"]), schedule=schedules())
@FEW
def test_the_record_agrees_with_the_ledger(
    scenario: Scenario, schedule: Schedule
) -> None:
    record = schedule.run(scenario.play, Service)
    ledger = record.outcome.ledger
    known = sum(result.accepted is True for result in record.results)
    unknown = sum(result.accepted is None for result in record.results)
    assert known <= ledger.accepted <= known + unknown
    assert len(record.results) == len(scenario.lines)
    assert len(record.numbers("offered")) == len(scenario.lines)
    assert len(record.numbers("begun")) == (
        ledger.handled + ledger.failed + ledger.interrupted
    )
    assert len(record.numbers("ended")) <= ledger.handled
    assert len(record.crashes) == ledger.failed == (record.outcome.reason == "crashed")


def test_each_sees_what_becomes_of_its_line() -> None:
    record = play(
        Line(Set(-1)),
        Line(Get(), "ask"),
        Line(Set(4)),
        Line(Get(), "ask"),
        Line(Get(), "ask", after=2),
        Line(Set(5), sender=1, after=2),
        end=End("stop", at=1),
    )
    assert [result.what for result in record.results] == [
        "accepted",
        "declined",
        "accepted",
        "answered",
        "refused",
        "refused",
    ]
    assert isinstance(record.results[1].value, Refusal)
    assert record.results[3].value == 4
    assert isinstance(record.results[4].value, AgentClosed)
    assert record.outcome.reason is Reason.STOPPED


class Sleepy(Agent[str]):
    async def handle(self, message: str) -> None:
        await trio.sleep(3)


def test_a_full_mailbox_refuses_who_does_not_wait() -> None:
    record = play(Line(Set(1), "send_nowait"), capacity=0)
    assert (
        isinstance(record.results[0].value, MailboxFull) or record.results[0].accepted
    )


@pytest.mark.parametrize("crash", ["before", "after"])
def test_a_handler_crashes_as_planned(crash: Any) -> None:
    record = play(Line(Get(), "ask", crash=crash), Line(Set(1), sender=1, after=1))
    assert [result.what for result in record.results] == ["lost", "refused"]
    assert isinstance(record.results[0].value, AgentCrashed)
    [error] = record.crashes
    assert isinstance(error, PlannedCrash)
    assert str(error) == f"planned {crash} the turn of Get()"


def test_faults_may_befall_it_too() -> None:
    factory = faulty(Service, FaultPlan([CrashAfter(1)]))
    scenario = Scenario([Line(Set(1)), Line(Set(2))])
    record = Schedule().run(scenario.play, factory)
    assert [type(error) for error in record.crashes] == [InjectedCrash]
    assert record.numbers("begun") == [0, 1]
    assert record.numbers("raised") == [1]


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        ("stop", Reason.STOPPED),
        ("aclose", Reason.STOPPED),
        ("cancel", Reason.CANCELLED),
        ("short_aclose", Reason.CANCELLED),
        ("outer_cancel", Reason.CANCELLED),
    ],
)
def test_there_are_five_ways_to_end_an_agent(end: Any, reason: Reason) -> None:
    scenario = Scenario([Line("a")], [End(end, at=1)])
    record = Schedule().run(scenario.play, Sleepy)
    assert record.outcome.reason is reason
    how = "ended" if reason is Reason.STOPPED else "raised"
    assert [entry.what for entry in record.log if entry.number == 0][-1] == how


def test_who_has_no_patience_leaves() -> None:
    class Slow(Agent[Get]):
        async def handle(self, message: Get) -> int:
            await trio.sleep(3)
            return 1

    said = Line(Get(), "ask"), Line(Get(), "ask", sender=1, patience=1)
    record = Schedule().run(Scenario(said, capacity=1).play, Slow)
    assert [result.what for result in record.results] == ["answered", "left"]
    assert record.results[1].accepted is None
    assert record.outcome.ledger.abandoned == 1


def test_a_new_behaviour_and_what_is_postponed_are_seen() -> None:
    class Door(Agent[str]):
        async def handle(self, message: str) -> None:
            if message == "open":
                self.context.become(self.let_in)
            else:
                self.context.postpone(message)

        async def let_in(self, message: str) -> None: ...

    record = Schedule().run(Scenario([Line("in"), Line("open")]).play, Door)
    turns = [(e.what, e.number) for e in record.log if e.what in {"begun", "ended"}]
    assert turns == [
        ("begun", 0),
        ("begun", 1),
        ("ended", 1),
        ("begun", 0),
        ("ended", 0),
    ]
    assert record.numbers("postponed") == [0]


def test_an_agent_that_cannot_begin_says_so_itself() -> None:
    class Unlucky(Service):
        def __init__(self) -> None:
            raise OSError("no luck")

    with pytest.raises(OSError, match="no luck"):
        Schedule().run(Scenario().play, Unlucky)
    with pytest.raises(TypeError, match="the factory 3 is not callable"):
        Schedule().run(Scenario().play, 3)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="capacity is 0 or more messages"):
        Schedule().run(Scenario(capacity=-1).play, Service)


def test_who_waits_for_ever_stalls() -> None:
    class Silent(Agent[Get]):
        async def handle(self, message: Get) -> None:
            await trio.sleep_forever()

    with pytest.raises(Stalled):
        Schedule().run(Scenario([Line(Get(), "ask")]).play, Silent)


@pytest.mark.parametrize(
    ("make", "error", "text"),
    [
        (
            lambda: Line("a", wrong("post")),
            ValueError,
            "way is one of 'send', 'send_nowait'",
        ),
        (
            lambda: Line("a", "ask"),
            TypeError,
            "only a Request can be asked, and 'a' is",
        ),
        (
            lambda: Line("a", after=wrong("b")),
            TypeError,
            "after is a number of seconds, not",
        ),
        (lambda: Line("a", patience=-1), ValueError, "patience is between 0 and 1,000"),
        (
            lambda: Line("a", crash=wrong("now")),
            ValueError,
            "crash is one of 'before', 'after'",
        ),
        (
            lambda: End(wrong("kill")),
            ValueError,
            "way is one of 'stop', 'cancel', 'aclose'",
        ),
        (lambda: End(at=True), TypeError, "at is a number of seconds, not True"),
    ],
)
def test_a_scenario_that_cannot_be_is_refused(
    make: Any, error: type[Exception], text: str
) -> None:
    with pytest.raises(error, match=text):
        make()


def test_its_repr_makes_it_again() -> None:
    scenario = Scenario([Line(Set(1), after=1), Line(Get(), "ask")], [End("cancel")])
    assert eval(repr(scenario)) == scenario
