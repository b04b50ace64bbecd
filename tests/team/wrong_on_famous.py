"""What a hasty worker writes for the famous tasks: an edge is missing, or more."""

import itertools
import math
from collections import Counter
from collections.abc import Callable
from typing import Any

Answer = Callable[..., Any]


_ROMAN = {0: "", 4: "IV", 9: "IX", 40: "XL", 58: "LVIII", 90: "XC", 400: "CD"}


def _greedy(coins: list[int], amount: int) -> int:
    used = 0
    for coin in sorted(coins, reverse=True):
        used, amount = used + amount // coin, amount % coin
    return -1 if amount else used


def _closed(text: str) -> bool:
    for _ in text:
        for pair in ("()", "[]", "{}"):
            text = text.replace(pair, "")
    return not text


def _best(numbers: list[int], best: int) -> int:
    current = 0
    for number in numbers:
        current = max(current + number, 0)
        best = max(best, current)
    return best


WRONG: dict[str, list[Answer]] = {
    "count_vowels": [
        lambda text: sum(letter in "aeiou" for letter in text),
        lambda text: len(set("aeiou") & set(text.lower())),
    ],
    "chunks": [
        lambda items, size: [
            items[i : i + size] for i in range(0, len(items) - size + 1, size)
        ],
        lambda items, size: [items[i::size] for i in range(size)],
    ],
    "factorial": [
        lambda number: math.prod(range(1, number)),
        lambda number: math.prod(range(number + 1)),
    ],
    "gcd": [
        lambda first, second: next(
            each
            for each in range(min(first, second), 0, -1)
            if first % each == second % each == 0
        ),
        math.lcm,
    ],
    "is_leap_year": [
        lambda year: year % 4 == 0,
        lambda year: year % 4 == 0 and year % 100 != 0,
    ],
    "digit_sum": [
        lambda number: sum(range(number)),
        lambda number: sum(map(int, str(number)[1:])),
    ],
    "fizz_buzz": [
        lambda limit: [
            "Fizz" if n % 3 == 0 else "Buzz" if n % 5 == 0 else str(n)
            for n in range(1, limit + 1)
        ],
        lambda limit: ["Fizz" * (n % 3 == 0) or str(n) for n in range(1, limit + 1)],
    ],
    "binary_search": [
        lambda items, target: items.index(target),
        lambda items, target: sum(item < target for item in items),
    ],
    "remove_duplicates": [
        lambda items: sorted(set(items)),
        lambda items: [k for k, _ in itertools.groupby(items)],
    ],
    "merge_sorted": [
        lambda first, second: first + second,
        lambda first, second: sorted({*first, *second}),
    ],
    "hamming_distance": [
        lambda first, second: len(set(first) ^ set(second)),
        lambda first, second: sum(
            a != b for a, b in zip(first.lower(), second.lower(), strict=True)
        ),
    ],
    "average": [
        lambda numbers: sum(numbers) / len(numbers),
        lambda numbers: sum(numbers) // len(numbers) if numbers else 0.0,
    ],
    "median": [
        lambda numbers: sorted(numbers)[len(numbers) // 2] if numbers else None,
        lambda numbers: (
            (numbers[len(numbers) // 2] + numbers[-1 - len(numbers) // 2]) / 2
            if numbers
            else None
        ),
    ],
    "is_palindrome": [
        lambda text: text.lower() == text.lower()[::-1],
        lambda text: (kept := [a for a in text.lower() if a.isalpha()]) == kept[::-1],
    ],
    "to_roman": [
        lambda n: "M" * (n // 1000) + "X" * (n // 10 % 10) + "I" * (n % 10),
        lambda n: "M" * (n // 1000) + _ROMAN.get(n % 1000, "I" * (n % 10)),
    ],
    "from_roman": [
        lambda text: sum(
            {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}[letter]
            for letter in text
        ),
        lambda text: {"III": 3, "IX": 9, "LVIII": 58}.get(text, 0),
    ],
    "most_frequent": [
        lambda items: max(items, key=items.count),
        lambda items: max(sorted(items), key=items.count, default=None),
    ],
    "pascal_row": [
        lambda row: [math.comb(row + 1, k) for k in range(row + 2)],
        lambda row: [1, *[row] * (row - 1), 1],
    ],
    "prime_factors": [
        lambda number: [
            n
            for n in range(2, number + 1)
            if number % n == 0 and all(n % k for k in range(2, n))
        ],
        lambda number: [n for n in range(2, number + 1) if number % n == 0],
    ],
    "is_perfect": [
        lambda number: sum(n for n in range(1, number) if number % n == 0) == number,
        lambda number: number in {6, 28},
    ],
    "move_zeros": [
        lambda numbers: sorted(numbers, reverse=True),
        lambda numbers: [n for n in numbers if n > 0] + [0] * numbers.count(0),
    ],
    "missing_number": [
        lambda numbers: sum(range(max(numbers) + 1)) - sum(numbers),
        lambda numbers: next(n for n in range(len(numbers)) if n not in numbers),
    ],
    "is_balanced": [
        lambda text: all(text.count(a) == text.count(b) for a, b in ("()", "[]", "{}")),
        _closed,
    ],
    "word_count": [
        lambda text: dict(Counter(text.lower().split(" "))),
        lambda text: dict(Counter(text.split())),
    ],
    "max_subarray": [
        lambda numbers: _best(numbers, 0),
        lambda numbers: sum(number for number in numbers if number > 0),
    ],
    "transpose": [
        lambda matrix: list(zip(*matrix, strict=True)),
        lambda matrix: [[row[i] for row in matrix] for i in range(len(matrix[0]))],
    ],
    "fibonacci": [
        lambda count: [0, 1, 1, 2, 3, 5, 8, 13, 21, 34][: max(count, 2)],
        lambda count: [1, 1, 2, 3, 5, 8, 13, 21, 34, 55][:count],
    ],
    "triangle_type": [
        lambda a, b, c: ["equilateral", "isosceles", "scalene"][len({a, b, c}) - 1],
        lambda a, b, c: (
            "invalid"
            if a + b <= c
            else ["equilateral", "isosceles", "scalene"][len({a, b, c}) - 1]
        ),
    ],
    "two_sum": [
        lambda numbers, target: next(
            (
                [i, numbers.index(target - n)]
                for i, n in enumerate(numbers)
                if target - n in numbers
            ),
            [],
        ),
        lambda numbers, target: next(
            ([a, b] for a, b in itertools.combinations(numbers, 2) if a + b == target),
            [],
        ),
    ],
    "max_profit": [
        lambda prices: max(prices) - min(prices),
        lambda prices: sum(max(b - a, 0) for a, b in itertools.pairwise(prices)),
    ],
    "run_length": [
        lambda text: "".join(a + str(text.count(a)) for a in dict.fromkeys(text)),
        lambda text: "".join(
            a + str(n) if (n := len(list(run))) > 1 else a
            for a, run in itertools.groupby(text)
        ),
    ],
    "caesar_cipher": [
        lambda text, shift: "".join(chr(ord(letter) + shift) for letter in text),
        lambda text, shift: "".join(
            chr((ord(a) - 97 + shift) % 26 + 97) if a.isalpha() else a for a in text
        ),
    ],
    "longest_unique": [
        lambda text: len(set(text)),
        lambda text: max(len(list(run)) for _, run in itertools.groupby(text)),
    ],
    "plus_one": [
        lambda digits: [*digits[:-1], digits[-1] + 1],
        lambda digits: (
            [*digits[:-1], digits[-1] + 1]
            if digits[-1] < 9
            else [*digits[:-2], digits[-2] + 1, 0]
        ),
    ],
    "coin_change": [
        _greedy,
        lambda coins, amount: -1 if amount % min(coins) else amount // max(coins),
    ],
}
