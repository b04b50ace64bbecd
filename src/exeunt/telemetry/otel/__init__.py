"""A run as OpenTelemetry spans: the extra *otel*.

`Spans` makes them of events, after the fact or while the run goes on. `live_spans`
makes them in the instant, so that the spans of your own handlers lie in those of their
turns; that costs each message more than handling it may.

Names and attributes follow the semantic conventions for messaging where these fit. What
a message says is in none of them, since spans leave the house; the texts of errors are.
The only folder that knows opentelemetry-api.
"""

try:
    import opentelemetry.trace as _  # noqa: F401
except ImportError as _error:
    raise ImportError(
        'exeunt.telemetry.otel needs opentelemetry-api: pip install "exeunt[otel]"'
    ) from _error

from .live import live_spans
from .spans import Spans

__all__ = ["Spans", "live_spans"]
