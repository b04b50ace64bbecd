"""The fixtures ``supervisor`` and ``probe``, and what is looked for after a test."""

import pytest
from projects import AGENTS, Run

pytest_plugins = ["pytester"]


def test_agents_leave_in_order_at_the_end_of_the_test(run: Run) -> None:
    source = (
        AGENTS
        + """
left = []

class Leaver(Agent[str]):
    from contextlib import asynccontextmanager

    def __init__(self, name):
        self.name = name

    @asynccontextmanager
    async def lifespan(self):
        yield
        left.append(self.name)

    async def handle(self, message):
        left.append(message)

async def test_two(supervisor):
    first = await supervisor.start(Leaver, "first", name="first")
    second = await supervisor.start(Leaver, "second", name="second")
    await first.send("accepted")

def test_they_have_left():
    assert left == ["accepted", "second", "first"]
"""
    )
    run(source).assert_outcomes(passed=2)


def test_the_crash_of_an_agent_fails_the_test_as_itself(run: Run) -> None:
    source = (
        AGENTS
        + """
async def test_crash(supervisor):
    log = await supervisor.start(Log)
    await log.send("boom")
    await trio.sleep_forever()
"""
    )
    result = run(source)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E   *ValueError: boom", "FAILED*ValueError: boom"])
    assert "ExceptionGroup" not in result.stdout.str()


def test_a_crash_after_the_test_fails_it_too(run: Run) -> None:
    source = (
        AGENTS
        + """
async def test_crash(supervisor):
    log = await supervisor.start(Log)
    await log.send("boom")
"""
    )
    run(source).assert_outcomes(failed=1)


def test_a_failing_test_fails_as_itself(run: Run) -> None:
    source = (
        AGENTS
        + """
async def test_fails(supervisor):
    await supervisor.start(Log)
    try:
        raise KeyError("why")
    except KeyError as error:
        raise ValueError("what") from error
"""
    )
    result = run(source)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["E*KeyError: 'why'", "*direct cause of the following*", "E*ValueError: what"]
    )


def test_a_probe_lives_in_the_supervisor(run: Run) -> None:
    source = (
        AGENTS
        + """
class Keep(Request[int]):
    pass

class Shop(Agent[str]):
    def __init__(self, store):
        self.store = store

    async def handle(self, message):
        assert await self.store.ask(Keep()) == 42

async def test_shop(supervisor, probe):
    store = await probe("store", capacity=5)
    assert supervisor.agents["store"].statistics().capacity == 5
    shop = await supervisor.start(Shop, store.handle)
    await shop.send("a lamp")
    store.reply_to(await store.expect(Keep)).send(42)

async def test_two_probes(probe):
    first, second = await probe("first"), await probe("second")
    await first.handle.send("to the first")
    assert await first.expect(str) == "to the first"
    assert second.received == ()
"""
    )
    run(source).assert_outcomes(passed=2)
    run(source, "--explore=10").assert_outcomes(passed=2)


@pytest.mark.parametrize("name", ["supervisor", "probe"])
def test_they_are_refused_to_tests_that_are_not_async(run: Run, name: str) -> None:
    source = f"def test_sync({name}):\n    pass\n"
    result = run(source)
    result.assert_outcomes(errors=1)
    text = result.stdout.str()
    assert "is for async tests that pytest-trio runs" in text


LEAKS = {
    "agent": (
        "await start(await system_nursery(), Log, name='stays')",
        "agent 'stays', which is running",
    ),
    "shielded": (
        (
            "log = await start(await system_nursery(), Log, name='stays');"
            "log._life.scope.shield = True"
        ),
        "agent 'stays', which is running and shielded",
    ),
    "task": (
        "trio.lowlevel.spawn_system_task(trio.sleep_forever, name='of mine')",
        "task 'of mine'",
    ),
    "channel": (
        (
            "from exeunt._core.mailbox import Mailbox;"
            "monkeypatch.setattr(Mailbox, 'clear', lambda self: []);"
            "(await supervisor.start(Log, name='open')).cancel()"
        ),
        "agent 'open' has left, but its mailbox can still be received from",
    ),
    "reply": (
        (
            "from exeunt._core.life import Life;"
            "monkeypatch.setattr(Life, 'answered', lambda life, ask: None);"
            "owing = await supervisor.start(Owing, name='owing');"
            "await ask_briefly(owing)"
        ),
        "agent 'owing' has left, but owes the reply to",
    ),
}

LEAKY = (
    AGENTS
    + """
async def system_nursery():
    async def hold(task_status):
        async with trio.open_nursery() as nursery:
            task_status.started(nursery)
            await trio.sleep_forever()

    async def main(task_status=trio.TASK_STATUS_IGNORED):
        await hold(Started())

    nurseries = []

    class Started:
        def started(self, nursery):
            nurseries.append(nursery)

    trio.lowlevel.spawn_system_task(main, name="a nursery of its own")
    while not nurseries:
        await trio.lowlevel.checkpoint()
    return nurseries[0]

class Later(Request[int]):
    pass

class Owing(Agent[Later]):
    async def handle(self, message):
        self.reply = self.context.defer(message)

async def ask_briefly(owing):
    async def ask():
        try:
            await owing.ask(Later())
        except Exception:
            pass

    async with trio.open_nursery() as nursery:
        nursery.start_soon(ask)
        for _ in range(9):
            await trio.lowlevel.checkpoint()
        owing.cancel()
        await owing.wait_closed()
        nursery.cancel_scope.cancel()
"""
)


@pytest.mark.parametrize("kind", LEAKS)
def test_what_leaks_is_named(run: Run, kind: str) -> None:
    leak, said = LEAKS[kind]
    source = f"{LEAKY}\nasync def test_leaks(supervisor, monkeypatch):\n    {leak}\n"
    result = run(source)
    result.assert_outcomes(failed=1)
    assert "Leaked: still there at the end: " in result.stdout.str()
    assert said in result.stdout.str()


def test_without_the_fixtures_leaks_are_looked_for_if_wanted(run: Run) -> None:
    source = f"{LEAKY}\nasync def test_leaks():\n    {LEAKS['agent'][0]}\n"
    run(source).assert_outcomes(passed=1)
    run(source, ini="exeunt_leaks = true").assert_outcomes(failed=1)


def test_a_stall_fails_at_once_and_says_who_waits(run: Run) -> None:
    source = (
        AGENTS
        + """
async def test_hangs(supervisor, autojump_clock):
    log = await supervisor.start(Log, name="never told anything")
    await trio.sleep_forever()

async def test_hangs_without(autojump_clock):
    await trio.sleep_forever()
"""
    )
    result = run(source, ini="exeunt_stalls = true")
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["*Stalled: nothing happens any more*"])
    text = result.stdout.str()
    assert "never told anything" in text
    assert "test_hangs waits for cancellation" in text
    assert "<test " not in text
    assert "Performance" not in text
