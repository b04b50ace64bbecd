"""Every event is one line, for `logging` and for structlog."""

import logging
from collections.abc import Iterator
from typing import Any, get_args

import attrs
import pytest
import structlog
from histories import cut_histories
from hypothesis import HealthCheck, given, settings

from exeunt._model import events as ev
from exeunt.telemetry.logs import EventLog

STRINGS = {"text": "Order(1)", "name": "Ann", "type": "Cook", "error": "ValueError: no"}


class Heard(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@pytest.fixture
def heard() -> Iterator[Heard]:
    handler, logger = Heard(), logging.getLogger("exeunt")
    logger.addHandler(handler)
    before = logger.level
    logger.setLevel(logging.DEBUG)
    yield handler
    logger.removeHandler(handler)
    logger.setLevel(before)


def lines(log_of: Heard) -> list[tuple[str, str]]:
    return [(record.levelname, record.getMessage()) for record in log_of.records]


def some(event: type[ev.Event], /, **fields: Any) -> ev.Event:
    """An event of a kind, of which only that counts."""
    values: dict[str, Any] = {}
    for field in attrs.fields(event):
        choices = get_args(field.type)
        values[field.name] = (
            choices[0]
            if choices and isinstance(choices[0], str)
            else STRINGS.get(field.name, 1 if field.name != "context" else {})
        )
    made: Any = event
    event_made: ev.Event = made(**(values | fields))
    return event_made


@pytest.mark.parametrize("kind", ev.EVENTS.values())
def test_every_kind_of_event_is_one_line(kind: type[ev.Event], heard: Heard) -> None:
    EventLog().feed([some(kind)])
    ((level, line),) = lines(heard)
    assert level in {"DEBUG", "INFO", "WARNING", "ERROR"}
    assert "{" not in line
    assert vars(heard.records[0])["exeunt"] == kind.__name__


@pytest.mark.parametrize("kind", ev.EVENTS.values())
def test_structlog_gets_the_same(kind: type[ev.Event], heard: Heard) -> None:
    EventLog().feed([some(kind)])
    with structlog.testing.capture_logs() as captured:
        EventLog(structlog.get_logger()).feed([some(kind)])
    (said,) = captured
    ((level, line),) = lines(heard)
    assert (said.pop("log_level").upper(), said.pop("event")) == (level, line)
    record = vars(heard.records[0])
    assert said == {name: record[name] for name in said}
    assert said["exeunt"] == kind.__name__


def life(*more: ev.Event) -> list[ev.Event]:
    started = some(ev.AgentStarted, agent=1, scope=None, by=None, pool=None)
    return [started, *more]


@pytest.mark.parametrize(
    ("event", "level", "line"),
    [
        (
            some(ev.AgentFailed, error="ValueError: no", doing="handling Order(1)"),
            "WARNING",
            "Ann failed while handling Order(1): ValueError: no",
        ),
        (some(ev.AgentRestarted), "WARNING", "Ann started again, restart 1"),
        (
            some(ev.AgentStopping, how="cancel", reason="too late"),
            "INFO",
            "Ann accepts nothing more: cancel (too late)",
        ),
        (
            some(ev.AgentLeft, outcome="crashed", error="ValueError: no"),
            "ERROR",
            "Ann left: crashed: ValueError: no",
        ),
        (
            some(ev.AgentLeft, outcome="stopped", error=None),
            "INFO",
            "Ann left: stopped",
        ),
        (
            some(ev.TaskEnded, task=1, outcome="failed", error="OSError"),
            "ERROR",
            "task Ann ended: failed: OSError",
        ),
        (
            some(ev.StepWasLong, who=1, took=0.25, where="shop.py:3"),
            "WARNING",
            "Ann kept everybody waiting 0.250 s, shop.py:3",
        ),
        (some(ev.Noted, who=None, text="hello"), "INFO", "somebody: hello"),
        (some(ev.Noted, who=9, text="a\nb"), "INFO", "number 9: a b"),
    ],
)
def test_what_a_line_says(event: ev.Event, level: str, line: str, heard: Heard) -> None:
    EventLog().feed(life(event))
    assert lines(heard)[1:] == [(level, line)]


@pytest.mark.parametrize(
    ("fate", "level"),
    [
        ("handled", "DEBUG"),
        ("failed", "DEBUG"),  # its agent's failure is a line of its own
        ("interrupted", "INFO"),
        ("dropped", "INFO"),
        ("undelivered", "WARNING"),
    ],
)
def test_how_grave_a_fate_is(fate: str, level: str, heard: Heard) -> None:
    offered = some(
        ev.MessageOffered, message=1, src=None, dst=1, type="Order", kind="send"
    )
    ended = some(ev.MessageEnded, message=1, fate=fate, error=None)
    EventLog().feed(life(offered, ended))
    assert lines(heard)[1:] == [
        ("DEBUG", "send of Order(1) to Ann"),
        (level, f"Order(1) to Ann {fate}"),
    ]
    fields = vars(heard.records[-1])
    assert (fields["dst"], fields["message_type"]) == ("Ann", "Order")


def test_what_is_not_wanted_is_not_said(heard: Heard) -> None:
    logging.getLogger("exeunt").setLevel(logging.WARNING)
    EventLog().feed(life(some(ev.AgentRestarted)))
    assert [level for level, _ in lines(heard)] == ["WARNING"]


@given(cut_histories())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_portions_make_no_difference(
    heard: Heard, run: tuple[list[ev.Event], list[list[ev.Event]]]
) -> None:
    events, portions = run
    heard.records.clear()
    EventLog().feed(events)
    whole = lines(heard)
    heard.records.clear()
    log = EventLog()
    for portion in portions:
        log.feed(portion)
    assert lines(heard) == whole
    assert len(whole) == len(events)
