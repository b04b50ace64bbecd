"""What an exporter has got, in words that a test can compare."""

from typing import Any

from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Tracer


class Exported:
    """The spans that have ended, and how many have begun."""

    def __init__(self) -> None:
        self._exporter = InMemorySpanExporter()
        self._processor = _Counting(self._exporter)
        provider = TracerProvider()
        provider.add_span_processor(self._processor)
        self.tracer: Tracer = provider.get_tracer("tests")

    @property
    def begun(self) -> int:
        return self._processor.begun

    @property
    def spans(self) -> list[ReadableSpan]:
        return [*self._exporter.get_finished_spans()]

    def one(self, name: str) -> ReadableSpan:
        (found,) = [span for span in self.spans if span.name == name]
        return found

    def parent(self, span: ReadableSpan) -> ReadableSpan | None:
        if span.parent is None:
            return None
        return next(each for each in self.spans if _id(each) == span.parent.span_id)

    def way_up(self, span: ReadableSpan) -> list[str]:
        """The names from *span* to the root of its trace."""
        parent = self.parent(span)
        return [span.name, *([] if parent is None else self.way_up(parent))]


class _Counting(SimpleSpanProcessor):
    begun = 0

    def on_start(self, *args: Any, **options: Any) -> None:
        self.begun += 1
        super().on_start(*args, **options)


def _id(span: ReadableSpan) -> int:
    context = span.get_span_context()
    assert context is not None
    return int(context.span_id)


def said(span: ReadableSpan, name: str) -> object:
    """What a span says under *name*; None for nothing."""
    return (span.attributes or {}).get(name)
