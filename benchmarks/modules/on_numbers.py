"""Right answers to the tasks on numbers, and what they are tried on."""

import math

from .drawing import Arguments, Draw


def ordinal(number: int) -> str:
    if number % 100 in {11, 12, 13}:
        return f"{number}th"
    endings = {1: "st", 2: "nd", 3: "rd"}
    return f"{number}{endings.get(number % 10, 'th')}"


def clock(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    return f"{hours % 24:02}:{rest:02}"


def to_base(number: int, base: int) -> str:
    if not 2 <= base <= 10:
        raise ValueError("the base is from 2 to 10")
    digits, rest = "", number
    while rest:
        digits = str(rest % base) + digits
        rest //= base
    return digits or "0"


def next_multiple(number: int, step: int) -> int:
    return (number // step + 1) * step


def digit_product(number: int) -> int:
    digits = [int(digit) for digit in str(abs(number)) if digit != "0"]
    return math.prod(digits) if digits else 0


def group_thousands(number: int) -> str:
    return f"{number:,}".replace(",", "'")


def trimmed_mean(numbers: list[int]) -> float:
    kept = sorted(numbers)[1:-1]
    return sum(kept) / len(kept) if kept else 0.0


def change(amount: int, coins: list[int]) -> list[int]:
    paid: list[int] = []
    for coin in sorted(coins, reverse=True):
        paid += [coin] * (amount // coin)
        amount %= coin
    if amount:
        raise ValueError("these coins do not pay it")
    return paid


_draw = Draw(3)
INPUTS: dict[str, list[Arguments]] = {
    "ordinal": [
        *((number,) for number in (0, 1, 2, 3, 4, 10, 11, 12, 13, 14, 20, 23, 100)),
        *((number,) for number in (101, 111, 112, 113, 121, 202, 1003, 1011, 5013)),
        *((_draw.number(0, 130),) for _ in range(20)),
    ],
    "clock": [
        *((minutes,) for minutes in (0, 1, 59, 60, 61, 1439, 1440, 1441, -1, -60)),
        *((_draw.number(-3000, 5000),) for _ in range(30)),
    ],
    "to_base": [
        (0, 2),
        (0, 1),
        (5, 0),
        (5, 11),
        (7, 10),
        (8, 8),
        *((_draw.number(0, 300), _draw.number(2, 10)) for _ in range(30)),
        *((_draw.number(0, 9), _draw.choice([-1, 0, 1, 11, 16])) for _ in range(5)),
    ],
    "next_multiple": [
        (0, 1),
        (0, 5),
        (-5, 5),
        (-1, 5),
        *((_draw.number(-30, 30), _draw.number(1, 7)) for _ in range(36)),
    ],
    "digit_product": [
        *((number,) for number in (0, 1, 7, 10, 99, 100, 101, 205, -4, -30, -25)),
        *((_draw.number(-99999, 99999),) for _ in range(30)),
    ],
    "group_thousands": [
        *((number,) for number in (0, 7, 999, 1000, 1001, 999999, 1000000, -1, -999)),
        *((number,) for number in (-1000, -12345, -123456, -1234567)),
        *(
            (_draw.number(-(10**size), 10**size),)
            for size in range(1, 13)
            for _ in "ab"
        ),
    ],
    "trimmed_mean": [
        ([],),
        ([1],),
        ([1, 2],),
        ([2, 2, 2],),
        *((_draw.numbers(7),) for _ in range(36)),
    ],
    "change": [
        (0, []),
        (0, [5]),
        (3, []),
        (6, [4, 3]),
        (6, [3, 4, 1]),
        *((_draw.number(0, 40), _draw.sample([1, 2, 5, 7, 10], 3)) for _ in range(36)),
    ],
}
