"""Right answers to the famous tasks on numbers, and what they are tried on."""

import math

from .drawing import Arguments, Draw


def factorial(number: int) -> int:
    return math.factorial(number)


def gcd(first: int, second: int) -> int:
    return math.gcd(first, second)


def is_leap_year(year: int) -> bool:
    return year % 400 == 0 if year % 100 == 0 else year % 4 == 0


def digit_sum(number: int) -> int:
    return sum(map(int, str(number)))


def digital_root(number: int) -> int:
    return (number - 1) % 9 + 1 if number else 0


def fizz_buzz(limit: int) -> list[str]:
    named = [
        ("" if number % 3 else "Fizz") + ("" if number % 5 else "Buzz")
        for number in range(1, limit + 1)
    ]
    return [name or str(number) for number, name in enumerate(named, 1)]


def fibonacci(count: int) -> list[int]:
    numbers = [0, 1]
    while len(numbers) < count:
        numbers.append(numbers[-2] + numbers[-1])
    return numbers[:count]


def pascal_row(row: int) -> list[int]:
    return [math.comb(row, column) for column in range(row + 1)]


def prime_factors(number: int) -> list[int]:
    factors: list[int] = []
    for divisor in range(2, number + 1):
        while number % divisor == 0:
            factors.append(divisor)
            number //= divisor
    return factors


def is_perfect(number: int) -> bool:
    divisors = [each for each in range(1, number) if number % each == 0]
    return number > 0 and sum(divisors) == number


def is_happy(number: int) -> bool:
    seen: set[int] = set()
    while number not in seen:
        seen.add(number)
        number = sum(int(digit) ** 2 for digit in str(number))
    return number == 1


def triangle_type(a: int, b: int, c: int) -> str:
    short, middle, long = sorted((a, b, c))
    if short + middle <= long:
        return "invalid"
    return {1: "equilateral", 2: "isosceles", 3: "scalene"}[len({a, b, c})]


def coin_change(coins: list[int], amount: int) -> int:
    fewest = [0]
    for reached in range(1, amount + 1):
        before = [fewest[reached - coin] for coin in coins if coin <= reached]
        fewest.append(1 + min((each for each in before if each >= 0), default=-2))
    return fewest[amount]


def _sides() -> Arguments:
    return _draw.number(1, 6), _draw.number(1, 6), _draw.number(1, 6)


def _below(largest: int, draws: int = 30) -> list[Arguments]:
    return [(_draw.number(1, largest),) for _ in range(draws)]


_draw = Draw(5)
INPUTS: dict[str, list[Arguments]] = {
    "factorial": [(number,) for number in range(30)],
    "gcd": [
        *((0, 0), (0, 1), (1, 0), (0, 6), (8, 0), (6, 6), (3, 9), (9, 3), (35, 64)),
        *((_draw.number(0, 60), _draw.number(0, 60)) for _ in range(35)),
    ],
    "is_leap_year": [
        *((year,) for year in range(100, 2500, 100)),
        *((_draw.number(1, 2999),) for _ in range(32)),
    ],
    "digit_sum": [(0,), (9,), (10,), (109,), *_below(50), *_below(10**7)],
    "digital_root": [(0,), (10,), (99,), (9999,), *_below(99, 20), *_below(10**9)],
    "fizz_buzz": [(limit,) for limit in range(32)],
    "fibonacci": [(count,) for count in range(27)],
    "pascal_row": [(row,) for row in range(26)],
    "prime_factors": [
        (1,),
        (4,),
        (27,),
        (121,),
        (169,),
        *_below(40),
        *_below(2000, 24),
    ],
    "is_perfect": [
        *((number,) for number in (-28, -6, -1, 0, 1, 2, 4, 6, 24, 28, 496, 8128)),
        *_below(500, 28),
    ],
    "is_happy": [(1,), (7,), (10,), (4,), (145,), *_below(40), *_below(2000, 20)],
    "triangle_type": [
        *((0, 0, 0), (2, 2, 2), (1, 2, 3), (2, 3, 1), (3, 1, 2), (0, 2, 2), (1, 1, 2)),
        *((2, 1, 1), (1, 2, 1), (4, 4, 1), (4, 1, 4), (1, 4, 4), (6, 4, 5)),
        *(_sides() for _ in range(35)),
    ],
    "coin_change": [
        *(([], 0), ([], 3), ([2], 0), ([2], 7), ([9, 6, 1], 12), ([1, 7, 10], 14)),
        *((_draw.sample([1, 2, 3, 5, 7, 8], 3), amount) for amount in range(20)),
        *((_draw.sample([3, 4, 6, 9], 2), amount) for amount in range(1, 18)),
    ],
}
