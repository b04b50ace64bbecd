"""Right answers to the famous tasks on lists, and what they are tried on."""

from itertools import accumulate, combinations

from .drawing import Arguments, Draw

Matrix = list[list[int]]


def chunks(items: list[int], size: int) -> list[list[int]]:
    return [items[start : start + size] for start in range(0, len(items), size)]


def binary_search(items: list[int], target: int) -> int:
    return items.index(target) if target in items else -1


def remove_duplicates(items: list[int]) -> list[int]:
    return list(dict.fromkeys(items))


def merge_sorted(first: list[int], second: list[int]) -> list[int]:
    return sorted(first + second)


def average(numbers: list[int]) -> float:
    return sum(numbers) / len(numbers) if numbers else 0.0


def median(numbers: list[float]) -> float | None:
    ordered, half = sorted(numbers), len(numbers) // 2
    if not ordered:
        return None
    return (ordered[half] + ordered[-1 - half]) / 2


def most_frequent(items: list[int]) -> int | None:
    return max(items, key=items.count, default=None)


def move_zeros(numbers: list[int]) -> list[int]:
    return sorted(numbers, key=lambda number: number == 0)


def missing_number(numbers: list[int]) -> int:
    return sum(range(len(numbers) + 1)) - sum(numbers)


def two_sum(numbers: list[int], target: int) -> list[int]:
    for i, j in combinations(range(len(numbers)), 2):
        if numbers[i] + numbers[j] == target:
            return [i, j]
    return []


def max_profit(prices: list[int]) -> int:
    lowest = accumulate(prices, min)
    gains = [price - low for price, low in zip(prices, lowest, strict=True)]
    return max(gains, default=0)


def max_subarray(numbers: list[int]) -> int:
    best = accumulate(numbers, lambda before, number: max(before, 0) + number)
    return max(best, default=0)


def plus_one(digits: list[int]) -> list[int]:
    number = int("".join(map(str, digits))) + 1
    return [int(digit) for digit in str(number)]


def transpose(matrix: Matrix) -> Matrix:
    return [list(column) for column in zip(*matrix, strict=True)]


def matrix_multiply(first: Matrix, second: Matrix) -> Matrix:
    columns = transpose(second)
    return [
        [sum(a * b for a, b in zip(row, column, strict=True)) for column in columns]
        for row in first
    ]


def _rising(longest: int = 7) -> list[int]:
    return sorted(_draw.numbers(longest))


def _searched() -> Arguments:
    return sorted(_draw.sample(range(-9, 10), _draw.number(0, 8))), _draw.number()


def _all_but_one() -> list[int]:
    size = _draw.number(1, 9)
    return _draw.sample(range(size + 1), size)


def _summands() -> Arguments:
    while True:
        numbers, target = _draw.numbers(6), _draw.number(-6, 6)
        sums = [a + b for a, b in combinations(numbers, 2)]
        if sums.count(target) == 1 or (target == 0 and not sums.count(target)):
            return numbers, target


def _matrix(height: int, width: int) -> Matrix:
    return [[_draw.number(-5, 5) for _ in range(width)] for _ in range(height)]


def _factors() -> Arguments:
    height, shared, width = (_draw.number(1, 3) for _ in "abc")
    return _matrix(height, shared), _matrix(shared, width)


_draw = Draw(7)
INPUTS: dict[str, list[Arguments]] = {
    "chunks": [
        *(([], 1), ([1], 1), ([1], 4), ([1, 2], 2)),
        *((_draw.numbers(9), _draw.number(1, 5)) for _ in range(34)),
    ],
    "binary_search": [
        *(([], 0), ([0], 0), ([0], 1), ([1, 2], 1), ([1, 2], 2), ([1, 2, 3], 3)),
        *(_searched() for _ in range(40)),
    ],
    "remove_duplicates": [
        *(([],), ([0],), ([1, 1],), ([2, 1, 2],)),
        *((_draw.numbers(9, -2, 4),) for _ in range(36)),
    ],
    "merge_sorted": [
        *(([], []), ([], [0]), ([0], []), ([2], [1]), ([1], [1])),
        *((_rising(), _rising()) for _ in range(32)),
    ],
    "average": [
        *(([],), ([0],), ([5],), ([1, 2],), ([-1, -2],)),
        *((_draw.numbers(8),) for _ in range(32)),
    ],
    "median": [
        *(([],), ([0.0],), ([2.0, 1.0],), ([3.0, 1.0, 1.0],), ([9.0, 1.0, 5.0, 2.0],)),
        *(([number / 2 for number in _draw.numbers(8)],) for _ in range(34)),
    ],
    "most_frequent": [
        *(([],), ([0],), ([2, 1],), ([2, 1, 1, 2],), ([1, 2, 2],)),
        *((_draw.numbers(9, -1, 3),) for _ in range(40)),
    ],
    "move_zeros": [
        *(([],), ([0],), ([1],), ([0, 0],), ([0, 1],), ([-1, 0, 1],)),
        *((_draw.numbers(9, -2, 2),) for _ in range(34)),
    ],
    "missing_number": [
        *(([],), ([0],), ([1],), ([0, 2],), ([2, 1],), ([1, 0],)),
        *((_all_but_one(),) for _ in range(40)),
    ],
    "two_sum": [
        *(([], 0), ([3], 6), ([3], 3), ([0, 0], 0), ([2, 2], 4), ([1, 5, 2], 7)),
        *(_summands() for _ in range(40)),
    ],
    "max_profit": [
        *(([],), ([3],), ([1, 2],), ([2, 1],), ([4, 4],), ([3, 9, 1, 5],)),
        *((_draw.numbers(8, 0, 12),) for _ in range(34)),
    ],
    "max_subarray": [
        *(([],), ([-4],), ([4],), ([-2, -1],), ([0, -1],), ([3, -1, 3],)),
        *((_draw.numbers(9),) for _ in range(34)),
        *((_draw.numbers(5, -9, -1),) for _ in range(6)),
    ],
    "plus_one": [
        *(([0],), ([9],), ([9, 9],), ([1, 0, 9],), ([8],), ([9, 8],), ([9] * 12,)),
        *(([_draw.number(1, 9), *_draw.numbers(5, 7, 9)],) for _ in range(20)),
        *(([_draw.number(1, 9), *_draw.numbers(5, 0, 9)],) for _ in range(14)),
    ],
    "transpose": [
        *(([],), ([[0]],), ([[1, 2]],), ([[1], [2]],)),
        *((_matrix(_draw.number(1, 4), _draw.number(1, 4)),) for _ in range(32)),
    ],
    "matrix_multiply": [
        *(([[0]], [[1]]), ([[1, 1]], [[1], [1]]), ([[1], [1]], [[1, 1]])),
        *(_factors() for _ in range(34)),
    ],
}
