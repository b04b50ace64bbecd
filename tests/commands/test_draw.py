"""``exeunt draw`` as it is typed."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from xml.etree import ElementTree as ET

import pytest
import trio

from exeunt.commands import main
from exeunt.tracing import Recording

EXAMPLES = Path(__file__).parents[2] / "examples"
OVERDRAWN = str(EXAMPLES / "overdrawn.py")
Said = Callable[[], tuple[str, str]]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def said(capfd: pytest.CaptureFixture[str]) -> Said:
    def read() -> tuple[str, str]:
        read = capfd.readouterr()
        return read.out, read.err

    return read


def program(text: str, name: str = "program.py") -> str:
    Path(name).write_text(f"import sys\nimport trio\n{dedent(text)}", encoding="utf-8")
    return name


def drawn(path: str) -> str:
    text = Path(path).read_text(encoding="utf-8")
    return " ".join("".join(ET.fromstring(text).itertext()).split())


def files(pattern: str = "*.svg") -> list[str]:
    return sorted(path.name for path in Path().glob(pattern))


def test_a_program_is_run_and_drawn_and_says_what_it_always_says(said: Said) -> None:
    assert main(["draw", str(EXAMPLES / "hello.py")]) == 0
    out, err = said()
    assert out == (EXAMPLES / "hello.out").read_text()
    assert err.startswith("hello.py: 1 agent; 2 messages: 2 handled; ")
    assert err.endswith("\n  Drawn in hello.svg.\n")
    assert "Set(value=42)" in drawn("hello.svg")


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("chat_server", ["--", "--demo"]),
        ("crawler", []),
        ("kv_server", ["--", "--demo"]),
        ("trading_day", []),
    ],
)
def test_each_example_can_be_drawn(name: str, arguments: list[str], said: Said) -> None:
    assert main(["draw", str(EXAMPLES / f"{name}.py"), *arguments]) == 0
    assert said()[0] == (EXAMPLES / f"{name}.out").read_text()
    assert f"{name}.py" in drawn(f"{name}.svg")


def test_plain_trio_is_drawn(said: Said) -> None:
    assert main(["draw", OVERDRAWN]) == 0
    assert said()[1].startswith("overdrawn.py: 2 tasks")
    assert "come_later" in drawn("overdrawn.svg")


def test_a_program_has_its_arguments_its_name_and_its_neighbours(said: Said) -> None:
    program("word = 'beside'", "neighbour.py")
    name = program(
        """
        from pathlib import Path
        import neighbour

        async def main():
            print(__name__, Path(__file__).is_absolute(), neighbour.word, sys.argv[1:])

        trio.run(main)
        """
    )
    before = [*sys.argv], [*sys.path]
    try:
        assert main(["draw", name, "--", "-o", "7"]) == 0
    finally:
        sys.modules.pop("neighbour", None)
    assert said()[0] == "__main__ True beside ['-o', '7']\n"
    assert ([*sys.argv], [*sys.path]) == before


@pytest.mark.parametrize(
    ("leaves", "status", "shown"),
    [
        ("sys.exit()", 0, ""),
        ("sys.exit(7)", 7, ""),
        ("sys.exit('no more money')", 1, "no more money\n"),
        ("raise KeyError('door')", 1, "KeyError: 'door'\n"),
    ],
)
@pytest.mark.parametrize("inside", [True, False])
def test_how_a_program_ends_is_kept(
    leaves: str, status: int, shown: str, inside: bool, said: Said
) -> None:
    within, after = (leaves, "pass") if inside else ("pass", leaves)
    name = program(f"async def main():\n    {within}\ntrio.run(main)\n{after}")
    assert main(["draw", name]) == status
    assert shown in said()[1]
    assert files() == ["program.svg"]


def test_a_failure_is_shown_as_python_shows_it_and_is_in_the_picture(
    said: Said,
) -> None:
    name = program("async def main():\n    1 / 0\ntrio.run(main)")
    assert main(["draw", name]) == 1
    _, err = said()
    assert err.startswith(
        f'Traceback (most recent call last):\n  File "{Path(name).absolute()}", line 5'
    )
    assert "main failed: ZeroDivisionError: division by zero" in err
    assert "ZeroDivisionError: division by zero" in drawn("program.svg")


def test_ctrl_c_draws_what_there_was(said: Said) -> None:
    name = program(
        """
        import signal

        async def main():
            async with trio.open_nursery() as nursery:
                nursery.start_soon(trio.sleep_forever, name="waiter")
                await trio.testing.wait_all_tasks_blocked()
                signal.raise_signal(signal.SIGINT)
                await trio.sleep_forever()

        import trio.testing
        trio.run(main)
        """
    )
    assert main(["draw", name]) == 128 + signal.SIGINT
    assert "KeyboardInterrupt" in said()[1]
    assert "waiter" in drawn("program.svg")


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C as on POSIX")
def test_a_real_ctrl_c_draws_too(folder: Path) -> None:
    name = program(
        """
        async def main():
            print("up", flush=True)
            await trio.sleep_forever()

        trio.run(main)
        """
    )
    command = [sys.executable, "-m", "exeunt", "draw", name]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGINT
    assert "Traceback" not in err
    assert (folder / "program.svg").exists()


def test_several_runs_get_a_number_each(said: Said) -> None:
    name = program("for _ in range(2):\n    trio.run(trio.sleep, 0)")
    assert main(["draw", name, "-o", "it.svg"]) == 0
    assert files() == ["it-1.svg", "it-2.svg"]
    assert "program.py, run 2 of 2" in drawn("it-2.svg")
    assert "Drawn in it-2.svg." in said()[1]


def test_of_very_many_runs_the_first_are_drawn(said: Said) -> None:
    name = program("for _ in range(23):\n    trio.run(trio.sleep, 0)")
    assert main(["draw", name]) == 0
    assert len(files()) == 20
    assert said()[1].endswith("There were 3 more runs.\n")


def test_a_program_without_trio_says_so(said: Said) -> None:
    assert main(["draw", program("print('nothing')")]) == 2
    out, err = said()
    assert out == "nothing\n"
    assert err.endswith("program.py has run no Trio: it has not called trio.run()\n")
    assert files() == []


def test_a_program_that_fails_before_trio_keeps_its_failure(said: Said) -> None:
    assert main(["draw", program("1 / 0")]) == 1
    assert said()[1].endswith("division by zero\nThere was no trio.run() to draw.\n")


def test_a_program_that_is_no_python_says_where(said: Said) -> None:
    assert main(["draw", program("what is this?")]) == 1
    assert "SyntaxError" in said()[1]


def test_trio_complains_of_the_program_as_ever(said: Said) -> None:
    name = program("async def main(): ...\ntrio.run(main, 1)")
    assert main(["draw", name, "--virtual"]) == 1
    assert "main() takes 0 positional arguments but 1 was given" in said()[1]
    name = program("trio.run(int)")
    assert main(["draw", name, "--virtual"]) == 1
    assert "TypeError: Trio expected an async function" in said()[1]


@pytest.mark.parametrize("options", [[], ["--virtual"], ["--seed=3"]])
def test_trio_is_left_as_it_was(options: list[str]) -> None:
    before = trio.run
    assert main(["draw", OVERDRAWN, *options]) == 0
    assert trio.run is before


def test_virtual_time_is_nobodys_time(said: Said) -> None:
    name = program("trio.run(trio.sleep, 5 * 3600)")
    assert main(["draw", name, "--virtual"]) == 0
    recording = recorded(name, "--virtual")
    assert recording.header.clock == "virtual"
    assert recording.events[-1].t == 5 * 3600
    assert said()[1].count("program.py") == 2


def test_a_clock_that_the_program_has_chosen_is_kept() -> None:
    name = program(
        """
        import trio.testing

        async def main():
            assert trio.lowlevel.current_clock() is clock

        clock = trio.testing.MockClock(autojump_threshold=0)
        trio.run(main, clock=clock)
        """
    )
    assert main(["draw", name, "--virtual"]) == 0


def test_where_nothing_can_happen_in_virtual_time_it_ends(said: Said) -> None:
    name = program("async def wait():\n    await trio.Event().wait()\n")
    assert main(["draw", name, "wait"]) == 1
    assert "wait waits for an Event" in said()[1] or "Stalled" in said()[1]
    assert "Stalled: nothing happens any more" in drawn("program-wait.svg")


COIN = """
    import random

    async def task(number):
        await trio.sleep(random.random())

    async def main():
        async with trio.open_nursery() as nursery:
            for number in range(5):
                nursery.start_soon(task, number, name=f"task {number}")

    if __name__ == "__main__":
        trio.run(main)
"""


@pytest.mark.parametrize("what", [["--seed=1"], ["--seed", "2"], ["main"]])
@pytest.mark.parametrize("ending", ["svg", "html", "txt", "mmd", "json", "jsonl"])
def test_the_same_seed_gives_the_same_bytes(what: list[str], ending: str) -> None:
    name = program(COIN)
    for file in "first", "second":
        assert main(["draw", name, *what, "-o", f"{file}.{ending}"]) == 0
    first, second = (Path(f"{file}.{ending}") for file in ("first", "second"))
    assert first.read_bytes() == second.read_bytes()


def recorded(*what: str) -> Recording:
    assert main(["draw", *what, "-o", "recorded.jsonl"]) == 0
    return Recording.load("recorded.jsonl")


def test_another_seed_gives_another_run() -> None:
    name = program(COIN)
    assert recorded(name, "--seed=1").events != recorded(name, "--seed=2").events
    assert recorded(name, "main").events == recorded(name, "main", "--seed=0").events


def test_one_function_of_a_file_can_be_drawn(said: Said) -> None:
    assert main(["draw", f"{OVERDRAWN}:two_customers"]) == 0
    assert main(["draw", OVERDRAWN, "two_customers", "-o", "again.svg"]) == 0
    _, err = said()
    assert err.startswith("two_customers: 2 tasks")
    one, again = Path("overdrawn-two_customers.svg"), Path("again.svg")
    assert one.read_bytes() == again.read_bytes()


def test_a_recording_can_be_drawn_and_is_what_was_recorded(said: Said) -> None:
    hello = str(EXAMPLES / "hello.py")
    assert main(["draw", hello, "--seed=0", "-o", "run.jsonl"]) == 0
    assert main(["draw", hello, "--seed=0", "-o", "at-once.svg"]) == 0
    assert main(["draw", "run.jsonl"]) == 0
    assert Path("run.svg").read_bytes() == Path("at-once.svg").read_bytes()
    assert "Drawn in run.svg." in said()[1]


def test_the_ending_says_what_it_becomes() -> None:
    for ending in "html", "txt", "mmd", "json", "jsonl":
        assert main(["draw", OVERDRAWN, "two_customers", "-o", f"it.{ending}"]) == 0
    assert Path("it.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert Path("it.txt").read_text(encoding="utf-8").startswith("two_customers\n")
    assert Path("it.mmd").read_text(encoding="utf-8").startswith("sequenceDiagram\n")
    assert json.loads(Path("it.json").read_bytes())["traceEvents"]
    assert Recording.load("it.jsonl").header.title == "two_customers"


def test_the_player_has_the_source(folder: Path) -> None:
    assert main(["draw", OVERDRAWN, "two_customers", "-o", "it.html"]) == 0
    assert "def tell_the_bank" in (folder / "it.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["nowhere.py"], "nowhere.py cannot be read: No such file or directory"),
        (["nowhere.jsonl"], "nowhere.jsonl cannot be read: No such file or directory"),
        (["."], ". cannot be read: Is a directory"),
        (["notes.txt"], "notes.txt is no Python file (*.py), and cannot be read as a"),
        (["bytes.bin"], "bytes.bin is no Python file (*.py), and cannot be read as a"),
        (["notes.txt", "main"], "notes.txt is no Python file (*.py), so it takes"),
        (["notes.txt", "--", "1"], "notes.txt is no Python file (*.py), so it takes"),
        ([OVERDRAWN, "nobody"], "has no async function 'nobody'"),
        ([f"{OVERDRAWN}:"], "has no async function ''"),
        ([f"{OVERDRAWN}:two_customers", "more"], "names one function, and 'more'"),
        ([OVERDRAWN, "come_later"], "come_later takes arguments"),
        ([OVERDRAWN, "two_customers", "--", "1"], "is to be run without arguments"),
        (["leaves.py:main"], "leaves.py cannot be imported:\nSystemExit: 5"),
        ([OVERDRAWN, "-o", "it.pdf"], "it.pdf: the ending says what to write, one of"),
        ([OVERDRAWN, "-o", "it"], "it: the ending says what to write, one of .svg"),
        ([OVERDRAWN, "-o", "no/it.svg"], "no/it.svg cannot be written: there is no"),
        ([OVERDRAWN, "-o", "a.svg"], "a.svg cannot be written: it is a folder"),
        ([OVERDRAWN, "-o", "notes.txt/a.svg"], "there is no folder notes.txt"),
    ],
)
def test_what_cannot_be_used_is_refused_before_anything_runs(
    arguments: list[str], complaint: str, folder: Path, said: Said
) -> None:
    (folder / "notes.txt").write_text("Dear diary,\n")
    (folder / "bytes.bin").write_bytes(b"\xff\xfe\x00\xff")
    (folder / "leaves.py").write_text("raise SystemExit(5)\n")
    (folder / "a.svg").mkdir()
    assert main(["draw", *arguments]) == 2
    out, err = said()
    assert err.startswith("exeunt draw: ")
    assert complaint in err
    assert out == ""


def test_what_must_not_be_written_is_refused(
    monkeypatch: pytest.MonkeyPatch, said: Said
) -> None:
    monkeypatch.setattr("os.access", lambda *_: False)
    assert main(["draw", OVERDRAWN, "-o", "it.svg"]) == 2
    assert said()[1].endswith("it.svg cannot be written: Permission denied\n")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full disk")
def test_a_full_disk_is_said_to_be_full(said: Said) -> None:
    Path("full.svg").symlink_to("/dev/full")
    assert main(["draw", OVERDRAWN, "-o", "full.svg"]) == 2
    assert "full.svg cannot be written: No space left" in said()[1]


def test_a_half_written_recording_says_so(said: Said) -> None:
    assert main(["draw", OVERDRAWN, "two_customers", "-o", "run.jsonl"]) == 0
    whole = Path("run.jsonl").read_text(encoding="utf-8")
    Path("run.jsonl").write_text(whole[:-20], encoding="utf-8")
    assert main(["draw", "run.jsonl"]) == 0
    assert "The recording breaks off" in said()[1]


def test_words_after_two_dashes_are_a_programs_alone(said: Said) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["draw", "--", "--virtual"])
    assert "the following arguments are required: WHAT" in said()[1]
    assert main(["service", "--", "nowhere"]) == 2
    assert "'nowhere' cannot be read" in said()[1]


def test_the_service_draws_itself(said: Said) -> None:
    commands = str(EXAMPLES / "service.txt")
    assert main(["service", commands, "--picture", "it.svg"]) == 0
    assert "Ledger of the service: 5 messages" in said()[1]
    assert "exeunt service" in drawn("it.svg")
    assert main(["service", commands, "--picture", "no/it.svg"]) == 2
    out, err = said()
    assert out == ""
    assert "there is no folder no" in err


def test_the_smallest_failure_that_is_found_can_be_drawn(said: Said) -> None:
    explore = ["explore", OVERDRAWN, "two_customers", "--picture", "it.svg"]
    assert main(explore) == 1
    assert said()[0].endswith("Drawn in it.svg.\n")
    found = Path("it.svg").read_bytes()
    assert "AssertionError: overdrawn: -60" in drawn("it.svg")
    assert main([*explore, "--replay", "2h1"]) == 1
    assert Path("it.svg").read_bytes() == found
    assert main([*explore, "--replay", "fifo"]) == 0
    assert "overdrawn: -60" not in drawn("it.svg")
    assert main([*explore, "--prove"]) == 1
    assert "overdrawn: -60" in drawn("it.svg")


def test_where_nothing_fails_nothing_is_drawn(said: Said) -> None:
    careful = ["explore", OVERDRAWN, "two_careful_customers", "--picture", "it.svg"]
    assert main([*careful, "--runs=3"]) == 0
    assert "Drawn" not in said()[0]
    assert files() == []


def test_a_program_may_go_elsewhere(folder: Path) -> None:
    (folder / "elsewhere").mkdir()
    text = """
        import os
        os.chdir("elsewhere")
        trio.run(trio.sleep, 0)
    """
    assert main(["draw", program(text)]) == 0
    assert [path.name for path in folder.rglob("*.svg")] == ["program.svg"]
    assert (folder / "program.svg").exists()
