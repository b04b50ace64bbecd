"""Bugs in what stands around a model, and the laws that have to find them."""

from bugs import Bug

from exeunt.team.models import drawing, tape
from exeunt.team.models.aimd import Width
from exeunt.team.models.bucket import Bucket
from exeunt.team.models.cassette import Cassette, _Recording
from exeunt.team.models.limiting import Limited, _Call
from exeunt.team.models.retrying import Retrying

AT_ONCE = "limits: never more at once"
FLOW = "limits: never more than flows in"
TURNS = "limits: everybody has a turn"
REASON = "limits: nobody waits without a reason"
RETRIES = "retries: as often as it may help"
SAME = "retries: the same again"
BYTES = "cassettes: byte for byte"
TORN = "cassettes: a torn tape"

OF_LIMITS = [
    Bug(
        "there is a place for one more",
        AT_ONCE,
        Limited._wait,
        "self._running >= self._width.calls",
        "self._running > self._width.calls",
    ),
    Bug(
        "nobody hears that the provider is busy",
        AT_ONCE,
        Limited._turned_away,
        "self._width.busy(since=call.halvings, running=self._running)",
        "pass",
    ),
    Bug(
        "a busy provider is asked one less",
        AT_ONCE,
        Width.busy,
        "self._limit / 2",
        "self._limit - 1",
    ),
    Bug(
        "each refusal of one burst halves again",
        AT_ONCE,
        Width.busy,
        "if since == self.halvings:",
        "if True:",
    ),
    Bug(
        "successes widen beyond what was asked for",
        AT_ONCE,
        Width.succeeded,
        "min(wider, self.most)",
        "wider",
    ),
    Bug(
        "a busy provider is not asked at all any more",
        TURNS,
        Width.busy,
        "max(1.0, self._limit / 2)",
        "self._limit / 2",
    ),
    Bug(
        "a bucket overflows",
        FLOW,
        Bucket.left,
        "min(flown, self.per_minute - self._reserved)",
        "flown",
    ),
    Bug(
        "something flows into the room of what is reserved",
        FLOW,
        Bucket.left,
        "self.per_minute - self._reserved",
        "self.per_minute",
        rare=True,
    ),
    Bug(
        "requests are given back",
        FLOW,
        Limited._begin,
        "self._requests.settle(1, used=1, now=now)",
        "self._requests.settle(1, used=0, now=now)",
    ),
    Bug(
        "what was cancelled has used nothing",
        FLOW,
        vars(_Call)["used"].fget,
        "return self.reserved",
        "return 0",
    ),
    Bug(
        "the answer's tokens are not reserved",
        FLOW,
        vars(_Call)["reserved"].fget,
        "self.prompt_tokens + self.max_tokens",
        "self.prompt_tokens",
    ),
    Bug(
        "who fails keeps the place",
        TURNS,
        Limited._turn,
        "finally:",
        "else:",
    ),
    Bug(
        "the first in the line does not hear of a free place",
        TURNS,
        Limited._end,
        "self._news.unpark_all()",
        "pass",
    ),
    Bug(
        "there is no line",
        TURNS,
        Limited._begin,
        "async with self._line:",
        "if True:",
    ),
    Bug(
        "what was not used is not given back",
        REASON,
        Limited._end,
        "used=call.used",
        "used=call.reserved",
    ),
    Bug(
        "a free place is noticed at the next full second",
        REASON,
        Limited._begin,
        "await self._news.park()",
        "await trio.sleep(1)",
    ),
]

OF_RETRIES = [
    Bug(
        "a pause reaches beyond the deadline",
        RETRIES,
        Retrying._pause,
        "if -inf < left <= pause:",
        "if False:",
    ),
    Bug(
        "the provider's wish is not heard",
        RETRIES,
        Retrying._pause,
        "pause = error.after",
        "pass",
    ),
    Bug(
        "there is one more try",
        RETRIES,
        Retrying._pause,
        "failures == self.tries",
        "failures > self.tries",
    ),
    Bug(
        "a stream begins anew after its first piece",
        RETRIES,
        Retrying.stream,
        "pause = None if begun else self._pause(prompt, error, failures)",
        "pause = self._pause(prompt, error, failures)",
    ),
    Bug(
        "the first piece is lost",
        RETRIES,
        Retrying.stream,
        "yield Begun(first, pieces)",
        "yield pieces",
    ),
    Bug(
        "the jitter is drawn for nobody",
        SAME,
        Retrying._chance,
        "if prompt.seed is None:",
        "if True:",
    ),
    Bug(
        "a draw hangs on what was drawn before",
        SAME,
        drawing.drawn,
        "repr(what)",
        "repr((what, __import__('random').random()))",
    ),
]

OF_CASSETTES = [
    Bug(
        "equal requests are replayed the last one first",
        BYTES,
        Cassette.handle_async_request,
        "popleft()",
        "pop()",
    ),
    Bug(
        "an answer is replayed to everybody",
        BYTES,
        Cassette.handle_async_request,
        "self._left[key].popleft()",
        "self._left[key][0]",
    ),
    Bug(
        "what is no text is lost",
        BYTES,
        tape._text,
        'errors="surrogateescape"',
        'errors="replace"',
    ),
    Bug(
        "the pieces are put together",
        BYTES,
        tape.Exchange.line,
        '{"chunks": texts}',
        '{"chunks": ["".join(texts)]}',
    ),
    Bug(
        "a stream is recorded in its first piece",
        BYTES,
        _Recording.__aiter__,
        "self._chunks.append(chunk)",
        "self._chunks.append(chunk); self._finish()",
    ),
    Bug(
        "a torn line gets glued to the next one",
        TORN,
        tape.Tape.add,
        "file.truncate(_end_of_last_line(file.fileno()))",
        "pass",
    ),
    Bug(
        "a torn line makes the tape unreadable",
        TORN,
        tape.Tape._exchanges,
        "if number < len(lines):",
        "if True:",
    ),
    Bug(
        "a whole line without its end is thrown away",
        TORN,
        tape._end_of_last_line,
        "return size + 1",
        "return end",
    ),
]

BUGS = [*OF_LIMITS, *OF_RETRIES, *OF_CASSETTES]
