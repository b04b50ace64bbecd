import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from typing import IO

import pytest

SERVICE = (sys.executable, "-m", "exeunt", "service")
HANG = 60  # seconds after which a program that hangs is killed
posix = pytest.mark.skipif(os.name != "posix", reason="signals as on POSIX")


def run(
    *arguments: str, given: bytes = b"", output: "int | IO[bytes]" = subprocess.PIPE
) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        [*SERVICE, *arguments],
        input=given,
        stdout=output,
        stderr=subprocess.PIPE,
        timeout=HANG,
        check=False,
    )


# A shell may have told those it runs in the background to ignore Ctrl-C.
AT_A_PIPE = """
import runpy, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.argv = ["exeunt", "service"]
runpy.run_module("exeunt", run_name="__main__")
"""
AT_A_TERMINAL = f"""
import fcntl, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
{AT_A_PIPE}
"""


@contextmanager
def running(*, terminal: int | None = None) -> "Iterator[subprocess.Popen[bytes]]":
    program = AT_A_PIPE if terminal is None else AT_A_TERMINAL
    stream = subprocess.PIPE if terminal is None else terminal
    with subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=stream,
        stdout=stream,
        stderr=subprocess.PIPE,
        bufsize=0,
        start_new_session=True,
    ) as process:
        watchdog = Timer(HANG, process.kill)
        watchdog.start()
        try:
            yield process
        finally:
            watchdog.cancel()
            process.kill()


def type_in(process: "subprocess.Popen[bytes]", text: bytes) -> None:
    assert process.stdin is not None
    process.stdin.write(text)


def error_line(process: "subprocess.Popen[bytes]") -> bytes:
    assert process.stderr is not None
    return process.stderr.readline()


def test_it_reads_to_the_end_and_accounts_for_every_message() -> None:
    done = run(given=b"# a comment\n\nset 42\nprint\r\nset 43\nget")

    assert done.stdout == b"42\n43\n"
    assert done.stderr.decode().splitlines() == [
        "Read 6 lines, all understood. Why it ended: the input ended.",
        "Ledger of the service: 4 messages accepted = 4 handled. Lost: none.",
    ]
    assert done.returncode == 0


def test_no_input_at_all_is_fine() -> None:
    done = run("-")

    assert done.stdout == b""
    assert b"Read 0 lines, all understood." in done.stderr
    assert done.returncode == 0


def test_malformed_lines_are_reported_by_number_and_the_rest_is_done() -> None:
    long = b"x" * 200_000
    done = run(given=b"print\nsett 1\n\nset \xff\n" + long + b"\nset 5\nget\nset y")

    assert done.stdout == b"None\n5\n"
    assert [line[:32] for line in done.stderr.decode().splitlines()] == [
        "Line 2 is not understood: 'sett ",
        "Line 4 is not understood: it is ",
        "Line 5 is not understood: it has",
        "Line 8 is not understood: 'y' is",
        "Read 8 lines, 4 not understood. ",
        "Ledger of the service: 3 message",
    ]
    assert done.returncode == 1


def test_it_reads_a_file(tmp_path: Path) -> None:
    file = tmp_path / "commands"
    file.write_bytes(b"set 7\nget\n")
    done = run(str(file), given=b"set 8\nget\n")

    assert (done.returncode, done.stdout) == (0, b"7\n")


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    done = run(str(tmp_path / "missing"))

    assert done.returncode == 2
    assert b"missing' cannot be read: No such file or directory" in done.stderr
    assert b"Traceback" not in done.stderr


def test_wrong_usage_has_its_own_status() -> None:
    assert run("one", "two").returncode == 2


def test_help_tells_the_exit_statuses() -> None:
    done = run("--help")

    assert done.returncode == 0
    for status in (b"0 ", b"1 ", b"2 ", b"130 "):
        assert b"\n  " + status in done.stdout


@contextmanager
def closed_pipe() -> Iterator[IO[bytes]]:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as closed:
        yield closed


def test_output_that_nobody_reads_ends_it_without_a_traceback() -> None:
    with closed_pipe() as closed:
        done = run(given=b"set 1\nprint\n" + 100 * b"print\n", output=closed)

    assert done.returncode == 1
    first, second = done.stderr.decode().splitlines()
    assert "the output could not be written: Broken pipe" in first
    assert " accepted = 1 handled + 1 failed (" in second
    assert second.endswith("Lost: none.")


def test_an_answer_that_nobody_reads_ends_it_too() -> None:
    with closed_pipe() as closed:
        done = run(given=b"get\nget\n", output=closed)

    assert done.returncode == 1
    first, second = done.stderr.decode().splitlines()
    assert "the output could not be written: Broken pipe" in first
    assert " 1 message accepted = 1 handled. Lost: none." in second


@posix
def test_ctrl_c_ends_it_while_a_pipe_is_idle() -> None:
    with running() as process:
        type_in(process, b"set 1\nget\n")
        assert process.stdout is not None
        assert process.stdout.readline() == b"1\n"
        process.send_signal(signal.SIGINT)

        assert error_line(process).startswith(b"Interrupted.")
        assert error_line(process) == (
            b"Read 2 lines, all understood. Why it ended: "
            b"interrupted; what had been accepted was still handled.\n"
        )
        assert b"2 messages accepted = 2 handled. Lost: none." in error_line(process)
        assert error_line(process) == b""
        assert process.wait() == 130


@posix
def test_ctrl_c_ends_it_at_an_idle_terminal() -> None:
    master, slave = os.openpty()
    try:
        with running(terminal=slave) as process:
            os.write(master, b"get\n")
            seen = b""
            while b"None" not in seen:
                seen += os.read(master, 1000)
            os.write(master, b"\x03")

            assert error_line(process).startswith(b"Interrupted.")
            assert error_line(process).startswith(b"Read 1 line, all understood.")
            assert b" 1 handled. Lost: none." in error_line(process)
            assert process.wait() == 130
    finally:
        os.close(master)
        os.close(slave)


def fill_the_output(process: "subprocess.Popen[bytes]") -> None:
    """Have 20 messages accepted, of which the output holds only some."""
    type_in(process, b"set " + b"9" * 4000 + b"\n" + 20 * b"print\n" + b"here\n")
    assert error_line(process).startswith(b"Line 22 is not understood: 'here'")


@posix
def test_what_was_accepted_before_ctrl_c_is_still_handled() -> None:
    with running() as process:
        fill_the_output(process)
        process.send_signal(signal.SIGINT)
        assert error_line(process).startswith(b"Interrupted.")
        assert process.stdout is not None
        printed = process.stdout.read()

        assert printed == 20 * (b"9" * 4000 + b"\n")
        assert error_line(process).startswith(b"Read 22 lines, 1 not understood.")
        assert b"21 messages accepted = 21 handled. Lost" in error_line(process)
        assert process.wait() == 130


@posix
def test_a_second_ctrl_c_leaves_at_once_and_accounts_for_the_rest() -> None:
    with running() as process:
        fill_the_output(process)
        process.send_signal(signal.SIGINT)
        assert error_line(process).startswith(b"Interrupted.")
        process.send_signal(signal.SIGINT)

        assert b"Why it ended: interrupted at once." in error_line(process)
        account = error_line(process)
        assert account.startswith(b"Ledger of the service: 21 messages accepted = ")
        assert account.endswith(b" undelivered (never begun). Lost: none.\n")
        assert error_line(process) == b""
        assert process.wait() == 130
