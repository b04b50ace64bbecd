"""The cassette: what stands on a tape, and who is asked when."""

import gzip
import json
from pathlib import Path
from typing import Any

import httpx2
import pytest
import trio
from trio.testing import MockClock

from exeunt.team.models.cassette import Cassette, NotOnTape
from exeunt.team.models.errors import Refused

SSE = "text/event-stream"
KEY = "sk-very-secret-1234"
BODY: dict[str, Any] = {
    "model": "qwen",
    "seed": 7,
    "messages": [{"role": "user", "content": "Write a function. " * 20}],
}


def network(*contents: bytes | list[bytes], kind: str = "application/json") -> Any:
    """Be the network, which answers this, one after the other."""
    left = [*contents]

    async def answer(request: httpx2.Request) -> httpx2.Response:
        content = left.pop(0)
        await trio.sleep(2)
        chunks = [content] if isinstance(content, bytes) else content

        async def parts() -> Any:
            for chunk in chunks:
                yield chunk

        return httpx2.Response(200, headers={"content-type": kind}, content=parts())

    return httpx2.MockTransport(answer)


async def ask(
    cassette: Cassette, body: Any = None, *, host: str = "here"
) -> list[bytes]:
    async with (
        httpx2.AsyncClient(transport=cassette) as client,
        client.stream(
            "POST",
            f"https://{host}/v1/chat?key={KEY}",
            json=body or BODY,
            headers={"authorization": f"Bearer {KEY}"},
        ) as response,
    ):
        return [chunk async for chunk in response.aiter_raw()]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tape.jsonl"


def line(content: str, *, body: Any = BODY, **fields: Any) -> str:
    request = {"method": "POST", "path": "/v1/chat", "body": body}
    record = {"request": request, "status": 200, "headers": {}, "body": content}
    return json.dumps({**record, "seconds": 2, **fields}) + "\n"


def write(path: Path, text: str) -> None:
    data = text.encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


async def test_a_line_is_for_people(path: Path, autojump_clock: MockClock) -> None:
    chunks = ['data: "é\n'.encode(), b"\n\xff"]
    tape = Cassette(path, "record", inner=network(chunks, b"{}", kind=SSE))
    assert await ask(tape) == chunks
    text = read(path)
    assert '"chunks": ["data: \\"é\\n", "\\n\\udcff"]' in text
    assert json.loads(text) == {
        "request": {"method": "POST", "path": "/v1/chat", "body": BODY},
        "status": 200,
        "headers": {"content-type": SSE},
        "chunks": ['data: "é\n', "\n\udcff"],
        "seconds": 2.0,
    }
    assert await ask(Cassette(path, "strict"), host="elsewhere") == chunks


async def test_the_key_is_never_written(path: Path, autojump_clock: MockClock) -> None:
    said = f"Incorrect API key provided: {KEY}.".encode()
    halves = [said[:35], said[35:]]
    tape = Cassette(path, "record", inner=network(said))
    assert await ask(tape) == [said]
    tape = Cassette(path, "record", inner=network(halves, kind=SSE))
    assert await ask(tape, {"text": KEY}) == halves
    written = read(path)
    assert KEY not in written
    assert KEY[10:] not in written
    assert written.count("(the key)") == 3


async def test_only_the_order_of_the_bodys_own_fields_does_not_matter(
    path: Path,
) -> None:
    body = {**BODY, "schema": {"steps": "text", "result": "number"}}
    write(path, line("yes", body=body))
    other = {**body, "schema": dict(reversed(body["schema"].items()))}
    with pytest.raises(NotOnTape):
        await ask(Cassette(path, "strict"), other)
    turned = dict(reversed(body.items()))
    assert await ask(Cassette(path, "strict"), turned) == [b"yes"]


async def test_equal_requests_are_replayed_in_the_order_of_recording(
    path: Path,
) -> None:
    write(path, line("first") + line("second"))
    tape = Cassette(path, "strict")
    assert await ask(tape) == [b"first"]
    assert await ask(tape) == [b"second"]
    with pytest.raises(NotOnTape, match=r"for the 3\. time \(2 on it\)"):
        await ask(tape)


async def test_what_is_not_on_the_tape_is_said_so(path: Path) -> None:
    write(path, line("other", body={"seed": 1}))
    with pytest.raises(Refused) as raised:
        await ask(Cassette(path, "strict", inner=network(b"never")))
    text = str(raised.value)
    begin = "Write a function. " * 20
    assert f"the model 'qwen' is asked {begin[:80]!r}, with seed 7" in text
    assert f"Cassette({str(path)!r}, 'record', inner=" in text
    assert KEY not in text


async def test_replay_asks_the_network_for_what_is_missing(
    path: Path, autojump_clock: MockClock
) -> None:
    write(path, line("recorded"))
    tape = Cassette(path, "replay", inner=network(b"live"))
    assert await ask(tape) == [b"recorded"]
    assert trio.current_time() == 0
    assert await ask(tape) == [b"live"]
    assert read(path) == line("recorded")
    absent = Cassette(path.parent / "absent.jsonl", inner=network(b"live"))
    assert await ask(absent) == [b"live"]


async def test_its_pace_is_a_share_of_the_time_it_took(
    path: Path, autojump_clock: MockClock
) -> None:
    write(path, line("slow", seconds=10))
    await ask(Cassette(path, "strict", pace=0.5))
    assert trio.current_time() == 5


async def test_an_answer_is_recorded_when_the_reader_leaves_after_its_end(
    path: Path, autojump_clock: MockClock
) -> None:
    chunks = [b"data: 1\n\n", b"data: [DONE]\n\n", b"\n"]
    for taken, lines in ((1, 0), (2, 1), (3, 2)):
        tape = Cassette(path, "record", inner=network(chunks, kind=SSE))
        async with (
            httpx2.AsyncClient(transport=tape) as client,
            client.stream("POST", "https://here/v1/chat") as response,
        ):
            parts = response.aiter_raw()
            for _ in range(taken):
                await anext(parts)
            await parts.aclose()
        written = read(path)
        assert written.count("\n") == lines


async def test_a_compressed_tape_can_be_replayed(tmp_path: Path) -> None:
    path = tmp_path / "tape.jsonl.gz"
    write(path, line("small"))
    assert await ask(Cassette(path, "strict")) == [b"small"]
    with pytest.raises(ValueError, match="only be replayed"):
        Cassette(path, "record", inner=network())


def test_what_is_no_tape_is_said_so(path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Cassette(path)
    for wrong in ("{}\n", "no JSON\n", line("x").replace('"body": "x"', '"b": 1')):
        write(path, line("good") + wrong + line("good"))
        with pytest.raises(ValueError, match=r"line 2 of the tape .* is no exchange"):
            Cassette(path)


def test_arguments_are_checked(path: Path) -> None:
    with pytest.raises(ValueError, match="mode is 'record', 'replay' or 'strict'"):
        Cassette(path, "rewind")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="nobody is there to be recorded"):
        Cassette(path, "record")
    with pytest.raises(ValueError, match="from 0 on"):
        Cassette(path, pace=-1)
