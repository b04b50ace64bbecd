"""What the sandbox says of code that means no harm."""

import pytest

from exeunt.team.sandbox import Check, Program, Sandbox

SUMS = "def add(a, b):\n    return a + b"


def checks(*pairs: tuple[str, str]) -> tuple[Check, ...]:
    return tuple(Check(expression, expression, want) for expression, want in pairs)


async def test_right_code_passes(anyhow: Sandbox) -> None:
    report = await anyhow.judge(
        Program({"sums": SUMS}, checks(("add(2, 2)", "4"), ("add('a', 'b')", '"ab"')))
    )
    assert report.passed
    assert report.ended == "all checked"
    assert [verdict.got for verdict in report.verdicts] == ["4", "'ab'"]


async def test_wrong_code_does_not_and_all_the_same_every_check_is_run(
    anyhow: Sandbox,
) -> None:
    report = await anyhow.judge(
        Program({"sums": SUMS}, checks(("add(2, 2)", "5"), ("add(1, 1)", "2")))
    )
    assert not report.passed
    assert [verdict.passed for verdict in report.verdicts] == [False, True]
    assert report.ended == "all checked"


async def test_the_first_failure_can_be_enough(anyhow: Sandbox) -> None:
    report = await anyhow.judge(
        Program({"sums": SUMS}, checks(("add(2, 2)", "5"), ("add(1, 1)", "2"))),
        stop_early=True,
    )
    assert len(report.verdicts) == 1
    assert report.ended == "stopped early"
    assert not report.passed


async def test_the_error_that_is_wanted_passes_by_its_name(anyhow: Sandbox) -> None:
    source = "import json\ndef read(text): return json.loads(text)"
    report = await anyhow.judge(
        Program(
            {"reading": source},
            (
                Check("its name", "read('{')", raises="JSONDecodeError"),
                Check("its whole name", "read('{')", raises="json.JSONDecodeError"),
                Check("another", "read('{')", raises="KeyError"),
                Check("no error", "read('1')", raises="JSONDecodeError"),
                Check("a value", "read('{')", want="1"),
            ),
        )
    )
    passed = [verdict.passed for verdict in report.verdicts]
    assert passed == [True, True, False, False, False]
    assert report.verdicts[0].raised == "JSONDecodeError"
    assert "Expecting" in report.verdicts[0].got


async def test_modules_import_each_other_and_later_names_win(anyhow: Sandbox) -> None:
    sources = {
        "low": "def name(): return 'low'",
        "kit": "",
        "kit.parts": "import low\ndef part(): return low.name() + '!'",
        "high": "import kit.parts\ndef name(): return kit.parts.part()",
    }
    wanted = checks(("name()", "'low!'"), ("low.name()", "'low'"), ("unit", "7"))
    report = await anyhow.judge(Program(sources, wanted, setup="unit = 7"))
    assert report.passed, report


async def test_code_that_cannot_be_imported_says_why(anyhow: Sandbox) -> None:
    report = await anyhow.judge(
        Program(
            {"sums": "def add(a, b) return"}, (Check("a", "1", raises="SyntaxError"),)
        )
    )
    assert report.ended == "not importable"
    assert report.detail.startswith("SyntaxError: ")
    assert not report.passed


async def test_nothing_checked_is_nothing_passed(anyhow: Sandbox) -> None:
    report = await anyhow.judge(Program({"sums": SUMS}))
    assert report.ended == "all checked"
    assert not report.passed


async def test_an_expression_that_takes_too_long_does_not_take_the_rest(
    anyhow: Sandbox,
) -> None:
    source = "def loop():\n    while True: pass"
    report = await anyhow.judge(
        Program({"loop": source}, checks(("loop()", "1"), ("1 + 1", "2")))
    )
    slow, quick = report.verdicts
    assert (slow.passed, slow.raised) == (False, "timeout")
    assert quick.passed


async def test_behaviours_are_seen_without_wants(anyhow: Sandbox) -> None:
    source = "def loop():\n    while True: pass\nclass Odd: pass"
    seen = await anyhow.observe(
        {"some": source},
        ["1 + 1", "{'b', 'a'}", "{2: 1, 1: 2}", "1 / 0", "loop()", "Odd()", "exit()"],
    )
    assert seen == (
        "2",
        "{'a', 'b'}",
        "{1: 2, 2: 1}",
        "!ZeroDivisionError",
        "!timeout",
        "<some.Odd object>",
        "!NameError",
    )


async def test_behaviours_of_code_that_gives_up_half_way(anyhow: Sandbox) -> None:
    source = "import os\ndef leave(): os._exit(0)"
    assert await anyhow.observe({"some": source}, ["1", "leave()", "2"]) == (
        "1",
        "!crashed",
        "!crashed",
    )
    assert await anyhow.observe({"some": "import sums"}, ["1", "2"]) == (
        "!ModuleNotFoundError",
        "!ModuleNotFoundError",
    )


async def test_two_runs_see_the_same_order_of_a_set(anyhow: Sandbox) -> None:
    source = "def order(): return list(set('abcdefgh'))"
    first = await anyhow.observe({"some": source}, ["order()", "hash('a')"])
    assert first == await anyhow.observe({"some": source}, ["order()", "hash('a')"])


async def test_a_value_that_is_too_long_is_cut_and_fails(anyhow: Sandbox) -> None:
    report = await anyhow.judge(Program({}, checks(("'é' * 50_000", "'é'"))))
    assert not report.passed
    assert len(report.verdicts[0].got) == anyhow.limits.answer + 1


async def test_half_a_character_can_be_written_down(anyhow: Sandbox) -> None:
    source = "def fail(): raise ValueError(chr(0xD800))"
    report = await anyhow.judge(Program({"some": source}, checks(("fail()", "1"))))
    assert report.verdicts[0].got == r"\ud800"


@pytest.mark.parametrize("name", ["json", "math.parts", "no name", "class", "../out"])
def test_a_module_must_have_a_name_of_its_own(name: str) -> None:
    with pytest.raises(ValueError, match="module"):
        Program({name: ""})


def test_a_check_wants_a_value_or_else_an_error() -> None:
    with pytest.raises(ValueError, match="needs a want, or else a raises"):
        Check("both", "1", "1", "ValueError")
    with pytest.raises(ValueError, match="needs a want, or else a raises"):
        Check("none", "1")
