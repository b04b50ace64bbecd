"""The run of the picture's golden bytes, as the tools that watch programs get it."""

import logging
import sys
from pathlib import Path

import pytest
from exported import Exported, said

from exeunt.telemetry.logs import EventLog
from exeunt.telemetry.otel import Spans
from exeunt.telemetry.prometheus import Metrics

sys.path.insert(0, str(Path(__file__).parent.parent / "pictures"))
from team_run import team_run


def test_what_went_wrong_is_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "exeunt"):
        EventLog().feed(team_run())
    assert caplog.messages == [
        "engineer A failed while handling Task(2): ValueError: unclear spec",
        "engineer A started again, restart 1",
        "Task(8) to engineer B undelivered",
    ]


def test_what_became_of_the_tasks_is_counted() -> None:
    metrics = Metrics()
    metrics.feed(team_run())
    lines = metrics.text().splitlines()
    name = 'exeunt_messages_total{agent="Engineer",message="Task",fate='
    assert [line.removeprefix(name) for line in lines if line.startswith(name)] == [
        '"failed"} 1',
        '"handled"} 5',
        '"interrupted"} 1',
        '"undelivered"} 1',
    ]


def test_one_feature_is_one_trace() -> None:
    exported = Exported()
    spans = Spans(began=0, tracer=exported.tracer)
    spans.feed(team_run())
    spans.close()
    turns = [span for span in exported.spans if said(span, "exeunt.agent.type")]
    assert {exported.way_up(span)[-1] for span in turns} == {"process Manager"}
    cut_short = {
        (span.name, said(span, "exeunt.cancel.reason"))
        for span in turns
        if said(span, "exeunt.outcome") == "cancelled"
    }
    assert cut_short == {("process Engineer", "the sprint is over")}
