"""What the page about other frameworks says of exeunt, run again."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import trio
from benchmarks.peers_of_the_team import probe_exeunt
from benchmarks.peers_of_the_team.probing import MESSAGES, Turns
from benchmarks.peers_of_the_team.server import Provider, seen, serving
from trio.testing import MockClock


def in_virtual_time(probe: Callable[[], Awaitable[dict[str, Any]]]) -> dict[str, Any]:
    return trio.run(probe, clock=MockClock(autojump_threshold=0))


def test_one_handler_runs_at_a_time_and_the_order_is_kept() -> None:
    assert in_virtual_time(probe_exeunt.at_once) == {
        "send": {"turns": MESSAGES, "at_once": 1, "in_order": True}
    }


def test_the_probe_would_see_handlers_that_run_at_once() -> None:
    turns = Turns()

    async def take(number: int) -> None:
        with turns.turn(number) as seconds:
            await trio.sleep(seconds)

    async def side_by_side() -> dict[str, Any]:
        async with trio.open_nursery() as nursery:
            for number in range(MESSAGES):
                nursery.start_soon(take, number)
        return turns.found()

    assert in_virtual_time(side_by_side) == {
        "turns": MESSAGES,
        "at_once": MESSAGES,
        "in_order": False,
    }


def test_an_exception_reaches_the_asker_and_the_nursery_and_no_log() -> None:
    found = in_virtual_time(probe_exeunt.swallowed)

    assert found.pop("ask") == "raises AgentCrashed from ValueError('a planted bug')"
    assert found.pop("logs") == []
    assert set(found) == {"the nursery, after ask", "the nursery, after send"}
    for raised in found.values():
        assert "[ValueError('a planted bug')]" in raised


def test_a_sender_is_held_back_when_the_mailbox_is_full() -> None:
    # 32 wait in the mailbox, and one is being handled.
    assert in_virtual_time(probe_exeunt.unbounded) == {
        "accepted": 33,
        "held_back": True,
    }


@pytest.mark.parametrize("at_a_piece", [False, True])
def test_a_provider_sees_that_a_cancelled_agent_listens_no_more(
    at_a_piece: bool,
) -> None:
    pytest.importorskip("httpx2")

    found = trio.run(probe_exeunt.left, at_a_piece)

    assert found["run"] == "Asking cancelled; 1 accepted: 1 interrupted"
    assert found["server_saw_ms"] is not None
    assert found["calls"] == 1
    assert found["connections_left"] == 0
    assert found["tasks_left"] == 0
    assert found["threads_left"] == 0
    assert found["warnings"] == []
    assert "the budget counts at most" in found["usage"]


def test_the_probe_would_see_a_connection_that_stays() -> None:
    async def listen_on(port: int) -> Provider:
        stream = await trio.open_tcp_stream("127.0.0.1", port)
        async with stream:
            body = b'{"stream": true}'
            length = b"Content-Length: %d\r\n\r\n" % len(body)
            await stream.send_all(b"POST / HTTP/1.1\r\n" + length + body)
            await probe_exeunt.until(port, probe_exeunt.sent)
            return seen(port)

    with serving() as port:
        provider = trio.run(listen_on, port)

    assert provider.left == [None]
    assert provider.connections == 1
