import sys
from contextlib import suppress

import pytest
from hypothesis import given, strategies as st

from exeunt.commands._agent import Get, Print, Set, parse
from exeunt.commands._lines import LIMIT


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"set 42", Set(42)),
        (b"  set\t-7 ", Set(-7)),
        (b"print", Print()),
        (b"print\r", Print()),
        (b"get", Get()),
        (b"", None),
        (b" \t\r", None),
        (b"# set 42", None),
        (b"  #set 42", None),
        (b"# caf\xe9", None),
    ],
)
def test_lines_that_are_understood(line: bytes, message: object) -> None:
    assert parse(line) == message


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"sett 42", "'sett 42' is no command"),
        (b"set", "'set' wants one whole number"),
        (b"set 1 2", "'set' wants one whole number"),
        (b"print it", "'print it' is no command"),
        (b"SET 1", "'SET 1' is no command"),
        (b"set forty-two", "'forty-two' is not a whole number"),
        (b"set 4.2", "'4.2' is not a whole number"),
        (b"set \xff", "not UTF-8"),
        (b"x" * 100, f"'{'x' * 47}...' is no command"),
        (b"\x1b[2J", r"'\\x1b\[2J' is no command"),
        (b"#" * (LIMIT + 1), f"more than {LIMIT} bytes"),
    ],
)
def test_lines_that_are_not_understood(line: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse(line)


def test_a_number_with_too_many_digits_is_not_understood() -> None:
    digits = "9" * sys.get_int_max_str_digits()

    assert parse(f"set {digits}".encode()) == Set(int(digits))
    with pytest.raises(ValueError, match="too long a one"):
        parse(f"set {digits}9".encode())


@given(st.binary(max_size=50) | st.binary(max_size=50).map(b"set ".__add__))
def test_whatever_comes_is_understood_or_a_value_error(line: bytes) -> None:
    with suppress(ValueError):
        message = parse(line)
        assert message is None or isinstance(message, Set | Print | Get)
