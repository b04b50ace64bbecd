"""What spans of messages are called, and what they say."""

from opentelemetry.context import Context
from opentelemetry.trace import Span, StatusCode, set_span_in_context

_LOST = {"dropped", "refused", "undelivered"}


def about(operation: str, agent: str, agent_type: str, message: str) -> dict[str, str]:
    """Return the attributes of a span in which a message is sent or handled."""
    return {
        "messaging.system": "exeunt",
        "messaging.operation.name": operation,
        "messaging.operation.type": "process" if operation == "process" else "send",
        "messaging.destination.name": agent,
        "exeunt.agent.type": agent_type,
        "exeunt.message.type": message,
    }


def tell_end(
    span: Span, end: str, error: str | None = None, reason: str | None = None
) -> None:
    """Put into *span* what has become of its message, and why."""
    span.set_attribute(
        "exeunt.outcome", "cancelled" if end == "interrupted" and not error else end
    )
    if reason:
        span.set_attribute("exeunt.cancel.reason", reason)
    if error is not None:
        span.set_attribute("error.type", error.partition(":")[0])
    if error is not None or end in _LOST:
        span.set_status(StatusCode.ERROR, error or end)


def within(span: Span) -> Context:
    """Return a context of which nothing is known but that *span* is the current one."""
    return set_span_in_context(span, Context())
