"""Failing tests are drawn: which of them, where, and nothing is changed by it."""

import re
from pathlib import Path

import pytest
from projects import AGENTS, RACE, Run

pytest_plugins = ["pytester"]

FAILING = f"""{AGENTS}{RACE}
from hypothesis import Phase, given, settings, strategies as st
from exeunt.testing import explore, explored
from exeunt.testing.strategies import schedules

async def both_arrive():
    account = {{"balance": 0}}
    await deposit_twice(account)
    assert account["balance"] == 3

@explored()
async def test_explored():
    await both_arrive()

def test_exploring():
    explore(both_arrive)

@given(schedules())
async def test_drawn(schedule):
    await both_arrive()

# The lines that Hypothesis gives as an explanation are not the same in every run.
@settings(phases=set(Phase) - {{Phase.explain}})
@given(st.integers(0, 50))
async def test_given(number):
    async with trio.open_nursery() as nursery:
        async with await start(nursery, Log) as log:
            for each in range(number):
                await log.send("boom" if each == 3 else "fine")
"""
PLAIN = f"""{AGENTS}
async def test_plain():
    async with trio.open_nursery() as nursery:
        log = await start(nursery, Log)
        await log.send("boom")

async def test_holds():
    pass

def test_is_not_async():
    assert not "drawn"
"""
RACING = f"""{RACE}
async def test_race():
    account = {{"balance": 0}}
    await deposit_twice(account)
    assert account["balance"] == 3
"""
SAID = (
    "Drawn in .exeunt/test_it.py/test_explored.svg; "
    ".html goes step by step, .txt tells it."
)
AHEAD = "deposit_late, ahead of deposit: goes on"


def drawn(pytester: pytest.Pytester, folder: str = ".exeunt") -> dict[str, str]:
    """Return what was drawn: each file's text by its name in the test file's folder."""
    paths = [*(pytester.path / folder).rglob("*.*")]
    return {
        path.name: path.read_text(encoding="utf-8")
        for path in sorted(paths)
        if path.is_file() and path.name != ".gitignore"
    }


def names(*tests: str) -> list[str]:
    return [f"{test}{ending}" for test in tests for ending in (".html", ".svg", ".txt")]


def told(result: pytest.RunResult) -> list[str]:
    return re.findall(r"^Drawn in (.*)\.svg;", result.stdout.str(), re.MULTILINE)


def test_what_is_shown_at_its_smallest_is_drawn_without_being_asked(
    run: Run, pytester: pytest.Pytester
) -> None:
    result = run(FAILING)
    result.assert_outcomes(failed=4)
    tests = ["test_drawn", "test_explored", "test_exploring", "test_given"]
    assert sorted(told(result)) == [f".exeunt/test_it.py/{test}" for test in tests]
    result.stdout.fnmatch_lines(["*exeunt: the run*", SAID])
    files = drawn(pytester)
    assert [*files] == names(*tests)
    assert " ahead of deposit" in files["test_drawn.txt"]
    for test in "test_explored", "test_exploring":
        assert AHEAD in files[f"{test}.txt"]
        assert "AssertionError: assert 1 == 3" in files[f"{test}.svg"]
    for text in files.values():  # pytest-trio, and who conducts
        assert "<test '" not in text.replace("&lt;", "<").replace("&#x27;", "'")
        assert "_bootstrap" not in text
        assert "lead" not in re.findall(r"\w+", text.partition("Step by step")[0])


def test_hypothesis_has_made_the_run_small(run: Run, pytester: pytest.Pytester) -> None:
    run(FAILING, "-k", "given")
    told = drawn(pytester)["test_given.txt"]
    assert told.startswith("test_given\n\n")
    assert "  test_given begins\n" in told
    assert "4 messages: 3 handled, 1 failed" in " ".join(told.split())
    assert "Log crashes on 'boom'" in told


def test_a_plain_test_is_drawn_when_that_is_wanted(
    run: Run, pytester: pytest.Pytester
) -> None:
    assert told(run(PLAIN)) == []
    assert drawn(pytester) == {}
    result = run(PLAIN, "--draw=failures")
    result.assert_outcomes(passed=1, failed=2)
    assert told(result) == [".exeunt/test_it.py/test_plain"]
    files = drawn(pytester)
    assert [*files] == names("test_plain")
    assert "test_plain sends 'boom' to Log" in files["test_plain.txt"]


def test_all_tests_can_be_drawn(run: Run, pytester: pytest.Pytester) -> None:
    run(PLAIN, "--draw=all")
    assert [*drawn(pytester)] == names("test_holds", "test_plain")


def test_passing_tests_leave_nothing_behind(
    run: Run, pytester: pytest.Pytester
) -> None:
    source = RACING.replace("== 3", "in {1, 2, 3}")
    for options in ["--explore=5"], ["--draw=failures"], []:
        run(source, *options).assert_outcomes(passed=1)
        assert not (pytester.path / ".exeunt").exists()


def test_it_can_be_left_out(run: Run, pytester: pytest.Pytester) -> None:
    result = run(FAILING, "--draw=no", "-k", "not drawn")
    assert told(result) == []
    assert not (pytester.path / ".exeunt").exists()


@pytest.mark.parametrize("options", [[], ["--draw=failures"], ["--draw=all"]])
def test_an_exploration_of_all_tests_draws_its_smallest_failure(
    options: list[str], run: Run, pytester: pytest.Pytester
) -> None:
    result = run(RACING, "--explore=100", *options)
    result.stdout.fnmatch_lines(
        ["Run it again: pytest test_it.py::test_race --schedule=2h1"]
    )
    assert told(result) == [".exeunt/test_it.py/test_race"]
    assert AHEAD in drawn(pytester)["test_race.txt"]


def test_a_schedule_that_is_asked_for_is_drawn(
    run: Run, pytester: pytest.Pytester
) -> None:
    result = run(RACING, "--schedule=2h1")
    assert told(result) == [".exeunt/test_it.py/test_race"]
    files = drawn(pytester)
    assert AHEAD in files["test_race.txt"]
    assert "test_race fails: AssertionError: assert 1 == 3" in files["test_race.txt"]


def test_a_test_that_fails_in_every_order_is_drawn_too(
    run: Run, pytester: pytest.Pytester
) -> None:
    source = "async def test_it():\n    assert 1 == 3\n"
    assert told(run(source, "--explore=3")) == [".exeunt/test_it.py/test_it"]
    assert "test_it fails: AssertionError" in drawn(pytester)["test_it.txt"]


def lines_that_matter(result: pytest.RunResult) -> list[str]:
    text = re.sub(r" in \d+\.\d+s|0x\w+", "", result.stdout.str())
    lines = [line.strip("-=_ ") for line in text.splitlines()]
    ours = "Drawn in ", "exeunt: the run"
    return [line for line in lines if line and not line.startswith(ours)]


def test_nothing_else_is_changed_by_it(run: Run) -> None:
    options = ["--hypothesis-seed=0", "-p", "no:cacheprovider", "-k", "not drawn"]
    for source, more in (FAILING, []), (RACING, ["--explore=50"]):
        without = lines_that_matter(run(source, *options, *more, "--draw=no"))
        for how in "auto", "all":
            result = run(source, *options, *more, f"--draw={how}")
            assert lines_that_matter(result) == without


def test_what_was_drawn_goes_when_the_test_begins_again(
    run: Run, pytester: pytest.Pytester
) -> None:
    two = "async def test_one(): assert 0\nasync def test_other(): assert False\n"
    run(two, "--draw=failures")
    assert [*drawn(pytester)] == names("test_one", "test_other")
    run(two.replace("0", "1"), "-k", "one")
    assert [*drawn(pytester)] == names("test_other")


def test_the_folder_can_be_chosen(run: Run, pytester: pytest.Pytester) -> None:
    result = run(PLAIN, "--draw=failures", "--draw-to", "here/and there")
    assert told(result) == ["here/and there/test_it.py/test_plain"]
    assert [*drawn(pytester, "here")] == names("test_plain")
    assert not (pytester.path / ".exeunt").exists()
    assert not [*(pytester.path / "here").rglob(".gitignore")]


def test_git_does_not_see_the_folder(run: Run, pytester: pytest.Pytester) -> None:
    run(PLAIN, "--draw=failures")
    assert (pytester.path / ".exeunt" / ".gitignore").read_text() == "*\n"


def test_every_test_has_files_of_its_own(run: Run, pytester: pytest.Pytester) -> None:
    source = """
import pytest

IDS = ["a/b", "a:b", "a b", "..", "x" * 300, "x" * 300 + "y", "0.5", "ä"]

class TestClass:
    @pytest.mark.parametrize("it", IDS, ids=IDS)
    async def test_one(self, it):
        assert False
"""
    result = run(source, "--draw=failures")
    result.assert_outcomes(failed=8)
    assert len({*told(result)}) == 8
    files = drawn(pytester)
    assert len(files) == 24
    assert "TestClass.test_one[0.5].svg" in files
    assert "test_one[0.5] fails" in files["TestClass.test_one[0.5].txt"]
    folder = pytester.path / ".exeunt" / "test_it.py"
    assert len([*folder.iterdir()]) == 24


def test_tests_on_other_workers_are_drawn_too(
    run: Run, pytester: pytest.Pytester
) -> None:
    pytest.importorskip("xdist")
    result = run(FAILING, "-n2", "-p", "xdist", "-k", "not drawn")
    result.assert_outcomes(failed=3)
    tests = ["test_explored", "test_exploring", "test_given"]
    assert sorted(told(result)) == [f".exeunt/test_it.py/{test}" for test in tests]
    assert [*drawn(pytester)] == names(*tests)


def test_a_folder_that_cannot_be_made_is_no_failure_of_the_test(
    run: Run, pytester: pytest.Pytester
) -> None:
    (pytester.path / "taken").write_text("")
    result = run(PLAIN, "--draw=failures", "--draw-to=taken")
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(["It could not be drawn: *taken*"])
    result.stdout.fnmatch_lines(["*ValueError: boom"])


def test_a_picture_that_cannot_be_drawn_is_no_failure_of_the_test(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> str:
        raise RuntimeError("no ink")

    monkeypatch.setattr("exeunt.tracing.Recording.picture", fail)
    result = run(PLAIN, "--draw=failures")
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(["It could not be drawn: no ink", "*ValueError: boom"])


def test_fixtures_are_there_if_they_do_something(
    run: Run, pytester: pytest.Pytester
) -> None:
    source = f"""{AGENTS}
@pytest.fixture
async def idle():
    yield

async def test_it(idle, nursery, supervisor):
    nursery.start_soon(trio.sleep, 0, name="helper")
    log = await supervisor.start(Log)
    await log.send("boom")
"""
    run(source, "--draw=failures")
    told = drawn(pytester)["test_it.txt"]
    assert "fixture supervisor opens a supervisor" in told
    assert "helper begins in test_it's nursery" in told
    assert "idle" not in told


def test_what_fails_in_a_fixture_is_drawn(run: Run, pytester: pytest.Pytester) -> None:
    source = """
import pytest

@pytest.fixture
async def broken():
    yield
    raise ValueError("too late")

async def test_it(broken):
    pass
"""
    run(source, "--draw=failures")
    assert "ValueError: too late" in drawn(pytester)["test_it.txt"]


def test_an_expected_failure_is_not_drawn(run: Run, pytester: pytest.Pytester) -> None:
    source = RACING.replace("async def test", "@pytest.mark.xfail\nasync def test")
    run(source.replace("== 3", "== 4"), "--draw=failures").assert_outcomes(xfailed=1)
    assert drawn(pytester) == {}


def test_a_failure_that_the_test_wants_is_not_drawn(
    run: Run, pytester: pytest.Pytester
) -> None:
    source = (
        FAILING.partition("@explored")[0]
        + """
def test_finds():
    with pytest.raises(AssertionError):
        explore(both_arrive)
"""
    )
    run(source).assert_outcomes(passed=1)
    assert drawn(pytester) == {}


def test_the_files_are_where_the_root_is(run: Run, pytester: pytest.Pytester) -> None:
    inner = pytester.mkdir("inner")
    (inner / "test_inner.py").write_text(RACING)
    run("", "--explore=100", str(inner))
    assert (Path(pytester.path) / ".exeunt/inner/test_inner.py/test_race.svg").exists()
