"""``--explore`` and ``--schedule``: what they find, and what pytest says of it."""

import re

import pytest
from projects import AGENTS, RACE, Run

pytest_plugins = ["pytester"]

RACY = (
    RACE
    + """
async def test_both_arrive():
    account = {"balance": 0}
    await deposit_twice(account)
    assert account["balance"] == 3
"""
)


def test_without_it_the_race_is_not_seen(run: Run) -> None:
    result = run(RACY)
    result.assert_outcomes(passed=1)
    assert "exeunt" not in re.sub("plugins: .*|rootdir: .*", "", result.stdout.str())


def test_it_is_found_and_reported_once_with_its_story_and_how_to_run_it(
    run: Run,
) -> None:
    result = run(RACY, "--explore=100")
    result.assert_outcomes(failed=1)
    text = result.stdout.str()
    assert "Smallest schedule found: " in text
    assert "1 deviation from first come, first served" in text
    assert "ahead of deposit" in text or "held back" in text
    assert re.search(r"\d orders of steps in \d+ runs", text)
    [again] = re.findall(r"pytest test_it.py::test_both_arrive (--schedule=.*)", text)
    replayed = run(RACY, again.replace("'", ""))
    replayed.assert_outcomes(failed=1)
    assert "The run under the schedule" in replayed.stdout.str()
    run(RACY, "--schedule=fifo").assert_outcomes(passed=1)


def test_what_holds_passes_once(run: Run) -> None:
    result = run(RACY.replace("== 3", "in (1, 2, 3)"), "--explore=20")
    result.assert_outcomes(passed=1)


def test_the_same_schedule_fails_in_the_same_way_whatever_the_fixtures(
    run: Run,
) -> None:
    # pytest-trio starts and awaits fixtures in the order of sets.
    fixtures = "".join(
        f"""
@pytest.fixture
async def fixture_{number}({f"fixture_{number - 1}" if number % 2 else ""}):
    await trio.lowlevel.checkpoint()
    yield
    await trio.lowlevel.checkpoint()
"""
        for number in range(6)
    )
    names = ", ".join(f"fixture_{number}" for number in range(6))
    source = RACY.replace(
        "async def test_both_arrive()", f"{fixtures}\nasync def test_both({names})"
    )
    found = {
        tuple(re.findall("Smallest schedule found: (.*)", run_text))
        for run_text in (run(source, "--explore=60").stdout.str() for _ in range(3))
    }
    assert len(found) == 1
    [schedules] = found
    assert len(schedules) == 1


def test_every_run_has_fresh_fixtures_and_wider_ones_stay(run: Run) -> None:
    source = (
        RACE
        + """
made = {"function": 0, "module": 0}

@pytest.fixture(scope="module")
def module_wide():
    made["module"] += 1
    yield made
    made["module"] += 100

@pytest.fixture
def account():
    made["function"] += 1
    return {"balance": 0}

async def test_several_runs(account, module_wide, tmp_path):
    assert account == {"balance": 0}
    assert not any(tmp_path.iterdir())
    (tmp_path / "file").touch()
    await deposit_twice(account)

def test_how_often(module_wide):
    assert module_wide["function"] > 10
    assert module_wide["module"] == 1
"""
    )
    run(source, "--explore=10").assert_outcomes(passed=2)


def test_a_module_wide_fixture_ends_with_its_module(
    run: Run, pytester: pytest.Pytester
) -> None:
    pytester.makepyfile(test_next="def test_after():\n    pass\n")
    source = (
        RACE
        + """
@pytest.fixture(scope="module")
def module_wide():
    yield
    print("the module ends")

async def test_last(module_wide):
    await deposit_twice({"balance": 0})
"""
    )
    result = run(source, "--explore=5", "-s")
    result.assert_outcomes(passed=2)
    assert result.stdout.str().count("the module ends") == 1


def test_classes_and_parameters(run: Run) -> None:
    source = (
        RACE
        + """
class TestOfAClass:
    runs = 0

    @pytest.mark.parametrize("sum_", [3, 4])
    async def test_sum(self, sum_):
        assert self.runs == 0
        self.runs += 1
        account = {"balance": 0}
        await deposit_twice(account)
        assert account["balance"] in (1, 2, sum_)
"""
    )
    result = run(source, "--explore=20")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        ["Run it again: pytest 'test_it.py::TestOfAClass::test_sum?4?' --schedule=fifo"]
    )


def test_exitfirst_stops_after_the_first(run: Run) -> None:
    source = RACY + RACY.replace("test_both_arrive", "test_again")
    run(source, "--explore=100", "--exitfirst").assert_outcomes(failed=1)


def test_what_was_printed_is_shown_of_one_run(run: Run) -> None:
    source = RACY.replace("await deposit_twice", "print('begun'); await deposit_twice")
    text = run(source, "--explore=100").stdout.str()
    captured = text.partition("Captured stdout call")[2]
    assert captured.splitlines().count("begun") == 1


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        ("pytest.skip('not today')", "skipped"),
        ("pytest.xfail('not yet')", "xfailed"),
        ("pytest.fail('never')", "failed"),
        ("assert False", "failed"),
        ("pass", "passed"),
    ],
)
def test_outcomes_of_pytest_stay_what_they_are(
    run: Run, body: str, outcome: str
) -> None:
    source = f"{RACE}\nasync def test_one():\n    {body}\n"
    run(source, "--explore=5").assert_outcomes(**{outcome: 1})
    run(source, "--schedule=fifo").assert_outcomes(**{outcome: 1})


def test_a_fixture_that_fails_is_reported_as_without_it(run: Run) -> None:
    source = (
        RACE
        + """
@pytest.fixture
def broken():
    raise RuntimeError("no account")

async def test_one(broken):
    pass
"""
    )
    run(source, "--explore=5").assert_outcomes(errors=1)


@pytest.mark.parametrize("mark", ["unsteered", "xfail"])
def test_marked_tests_are_run_once(run: Run, mark: str) -> None:
    source = RACY.replace("async def test", f"@pytest.mark.{mark}\nasync def test")
    text = run(source, "--explore=100", "--strict-markers").stdout.str()
    assert "1 passed" in text or "1 xpassed" in text


def test_a_test_that_is_not_repeatable_is_told_of_and_run_once(run: Run) -> None:
    source = """
import trio

runs = 0

async def test_differs():
    global runs
    runs += 1
    async with trio.open_nursery() as nursery:
        for _ in range(runs):
            nursery.start_soon(trio.lowlevel.checkpoint)
"""
    result = run(source, "--explore=5")
    result.assert_outcomes(passed=1, warnings=1)
    result.stdout.fnmatch_lines(["*NotExplored: test_differs ran differently*"])
    run(source, "--explore=5", "-W", "error").assert_outcomes(failed=1)


def test_a_failure_that_cannot_be_repeated_is_reported_all_the_same(run: Run) -> None:
    source = (
        RACE
        + """
runs = 0

async def test_differs():
    global runs
    runs += 1
    await deposit_twice({"balance": 0})
    assert runs != 4
"""
    )
    run(source, "--explore=5").assert_outcomes(failed=1)


def test_a_deadlock_in_one_order_says_who_waits_for_whom(run: Run) -> None:
    source = """
import trio

async def take(first, second):
    async with first:
        await trio.lowlevel.checkpoint()
        async with second:
            pass

async def test_locks():
    anna, ben = trio.Lock(), trio.Lock()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(take, anna, ben)
        await trio.sleep(0)
        await trio.sleep(0)
        await trio.sleep(0)
        await trio.sleep(0)
        await trio.sleep(0)
        nursery.start_soon(take, ben, anna)
"""
    run(source, "--schedule=fifo").assert_outcomes(passed=1)
    result = run(source, "--explore=200")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*Stalled: nothing happens any more*"])
    assert "lock" in result.stdout.str()


def test_time_is_virtual_unless_the_test_has_a_clock(run: Run) -> None:
    source = """
import trio

async def test_sleeps():
    began = trio.current_time()
    await trio.sleep(1_000_000)
    assert trio.current_time() == began + 1_000_000

async def test_with_its_own(autojump_clock):
    assert trio.lowlevel.current_clock() is autojump_clock
    await trio.sleep(1_000_000)
"""
    run(source, "--explore=5").assert_outcomes(passed=2)


def test_strict_mode_of_pytest_trio_will_do(run: Run) -> None:
    source = RACY.replace("async def test", "@pytest.mark.trio\nasync def test")
    run(source, "--explore=100", ini="trio_mode = false").assert_outcomes(failed=1)


def test_agents_are_explored_too(run: Run) -> None:
    source = (
        AGENTS
        + """
async def test_order(supervisor):
    log = await supervisor.start(Log)
    async with trio.open_nursery() as nursery:
        for number in range(3):
            nursery.start_soon(log.send, f"line {number}")
"""
    )
    text = run(source, "--explore=20").stdout.str()
    [orders] = re.findall(r"(\d+) orders of steps", text)
    assert int(orders) > 1
    assert "1 passed" in text


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--explore=0"], "--explore takes a number of runs, not 0"),
        (["--explore=few"], "invalid int value"),
        (["--schedule=10y1"], "is no schedule"),
        (["--explore=5", "--schedule=fifo"], "--explore runs many schedules"),
        (["--explore-timers"], "--explore-timers goes with --explore"),
        (["--explore=5", "--pdb"], "--pdb would stop in every run of --explore"),
    ],
)
def test_bad_options_are_refused(run: Run, args: list[str], said: str) -> None:
    result = run(RACY, *args)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert said in result.stderr.str()


TIMEOUT = """
import trio

async def test_is_done_in_time():
    with trio.move_on_after(5):
        for _ in range(3):
            await trio.lowlevel.checkpoint()
        return
    raise TimeoutError
"""


def test_deadlines_may_come_at_any_step_if_wanted(run: Run) -> None:
    run(TIMEOUT, "--explore=50").assert_outcomes(passed=1)
    result = run(TIMEOUT, "--explore=50", "--explore-timers")
    result.assert_outcomes(failed=1)
    [again] = re.findall("--schedule='(timers .*)'", result.stdout.str())
    run(TIMEOUT, f"--schedule={again}").assert_outcomes(failed=1)
