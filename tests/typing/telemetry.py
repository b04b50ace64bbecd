"""What type checkers have to know of telemetry. Checked, never run."""

import logging
import time
from contextlib import AbstractContextManager
from typing import assert_type

import structlog
from opentelemetry.trace import Tracer

from exeunt.telemetry.logs import EventLog
from exeunt.telemetry.otel import Spans, live_spans
from exeunt.telemetry.prometheus import Metrics
from exeunt.tracing import Recorder, Recording


def feeding(recording: Recording, recorder: Recorder) -> None:
    metrics = Metrics(buckets=(0.1, 1))
    assert_type(metrics.feed(recording.events), None)
    metrics.feed(recorder.read())
    assert_type(metrics.text(), str)
    metrics.feed(recording)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Metrics(buckets="fine")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Metrics((0.1, 1))  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def logging_them(
    recording: Recording, logger: structlog.typing.FilteringBoundLogger
) -> None:
    EventLog().feed(recording.events)
    EventLog(logging.getLogger("shop")).feed(recording.events)
    EventLog(structlog.get_logger()).feed(recording.events)
    EventLog(logger).feed(recording.events)
    EventLog("shop")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def tracing(recording: Recording, tracer: Tracer) -> None:
    spans = Spans(began=time.time(), tracer=tracer)
    spans.feed(recording.events)
    assert_type(spans.close(), None)
    Spans()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    Spans(began="yesterday")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    block: AbstractContextManager[None] = live_spans()
    assert_type(block.__enter__(), None)
    live_spans(tracer)
