"""What a hasty worker writes for the hard tasks: an edge is missing, or more."""

import itertools
from collections.abc import Callable
from typing import Any

Answer = Callable[..., Any]


def _digits(number: int, base: int) -> str:
    return _digits(number // base, base) + str(number % base) if number else ""


WRONG: dict[str, list[Answer]] = {
    "initials": [
        lambda name: "".join(word[0].upper() + "." for word in name.split(" ")),
        lambda name: ".".join(word[0].upper() for word in name.split()),
        lambda name: "".join(letter + "." for letter in name if letter.isupper()),
    ],
    "gaps": [
        lambda numbers: [b - a for a, b in itertools.pairwise(numbers)],
        lambda numbers: [abs(numbers[0] - number) for number in numbers[1:]],
        lambda numbers: [abs(numbers[i] - numbers[i - 1]) for i in range(len(numbers))],
    ],
    "mask": [
        lambda text, shown: "*" * (len(text) - shown) + text[-shown:],
        lambda text, shown: text[:shown] + "*" * (len(text) - shown),
        lambda text, shown: "*" * 4 + text[len(text) - shown :],
    ],
    "running_max": [
        lambda numbers: [max([0, *numbers[: i + 1]]) for i in range(len(numbers))],
        lambda numbers: [max(numbers[:i]) for i in range(1, len(numbers))],
        sorted,
    ],
    "squeeze": [
        lambda text: "".join(dict.fromkeys(text)),
        lambda text: "".join(
            a for a, b in zip(text, text[1:] + "$", strict=True) if a != b
        ),
        lambda text: (
            text[0] + "".join(b for a, b in itertools.pairwise(text) if a != b)
        ),
    ],
    "longest_word": [
        lambda text: max(text.split(), key=len),
        lambda text: max(text.split()[::-1], key=len, default=""),
        lambda text: max(text.split(), default=""),
    ],
    "snake_case": [
        lambda name: "".join("_" + a.lower() if a.isupper() else a for a in name),
        lambda name: "".join("_" + a.lower() if a.isupper() else a for a in name).strip(
            "_"
        )[:8],
        lambda name: (
            name[0].lower()
            + "".join("_" + a.lower() if a.isupper() else a for a in name[1:])
        ),
    ],
    "second_largest": [
        lambda numbers: sorted(numbers)[-2] if len(numbers) > 1 else None,
        lambda numbers: sorted(set(numbers))[1] if len(set(numbers)) > 1 else None,
        lambda numbers: max((n for n in numbers if n != max(numbers)), default=0),
    ],
    "rotate": [
        lambda items, steps: items[-steps:] + items[:-steps],
        lambda items, steps: (
            items[steps % len(items) :] + items[: steps % len(items)] if items else []
        ),
        lambda items, steps: (
            items[-(steps % len(items)) :] + items[: -(steps % len(items))]
        ),
    ],
    "interleave": [
        lambda first, second: [
            each for pair in zip(first, second, strict=False) for each in pair
        ],
        lambda first, second: sorted(first + second),
        lambda first, second: [
            each for i in range(len(first)) for each in (first[i], second[i])
        ],
    ],
    "ordinal": [
        lambda n: f"{n}" + {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th"),
        lambda n: f"{n}" + {1: "st", 2: "nd", 3: "rd"}.get(n, "th"),
        lambda n: (
            f"{n}th"
            if n in {11, 12, 13}
            else f"{n}" + {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
        ),
    ],
    "clock": [
        lambda minutes: f"{minutes // 60:02}:{minutes % 60:02}",
        lambda minutes: f"{minutes // 60 % 24}:{minutes % 60}",
        lambda minutes: f"{abs(minutes) // 60 % 24:02}:{abs(minutes) % 60:02}",
    ],
    "next_multiple": [
        lambda number, step: -(-number // step) * step,
        lambda number, step: (int(number / step) + 1) * step,
        lambda number, step: number + step,
    ],
    "group_runs": [
        lambda items: [[each] * items.count(each) for each in dict.fromkeys(items)],
        lambda items: [[each] for each in items],
        lambda items: [sorted(items)],
    ],
    "parse_pairs": [
        lambda text: dict(part.strip().split("=") for part in text.split(";")),
        lambda text: {
            part.split("=")[0].strip(): part.split("=")[1].strip()
            for part in text.split(";")
            if "=" in part
        },
        lambda text: dict(
            part.split("=", 1)
            for part in text.replace(" ", "").split(";")
            if "=" in part
        ),
    ],
    "first_repeat": [
        lambda text: next((letter for letter in text if text.count(letter) > 1), ""),
        lambda text: next((letter for letter in text if text.count(letter) > 1), None),
        lambda text: next((a for a, b in itertools.pairwise(text) if a == b), ""),
    ],
    "to_base": [
        lambda number, base: f"{number:b}",
        _digits,
        lambda number, base: _digits(number, base) or "0",
    ],
    "invert": [
        lambda mapping: {value: [key] for key, value in mapping.items()},
        lambda mapping: {
            value: [key for key in mapping if mapping[key] == value]
            for value in mapping.values()
        },
        lambda mapping: {
            value: sorted(key for key in mapping if mapping[key] == value)
            for value in mapping.values()
        },
    ],
    "border_sum": [
        lambda grid: sum(grid[0] + grid[-1]) + sum(row[0] + row[-1] for row in grid),
        lambda grid: (
            sum(grid[0] + grid[-1]) + sum(row[0] + row[-1] for row in grid[1:-1])
        ),
        lambda grid: (
            sum(grid[0] + grid[-1]) + sum(row[0] + row[-1] for row in grid[1:-1])
            if grid
            else 0
        ),
    ],
    "keep_last": [
        lambda items: list(dict.fromkeys(items)),
        lambda items: list(dict.fromkeys(items[::-1])),
        lambda items: sorted(set(items)),
    ],
    "longest_run": [
        lambda items: max(map(items.count, items), default=0),
        lambda items: len(items) - len(set(items)) + 1,
        lambda items: 1 + sum(a == b for a, b in itertools.pairwise(items)),
    ],
    "peaks": [
        lambda numbers: [
            i
            for i in range(1, len(numbers) - 1)
            if numbers[i - 1] <= numbers[i] >= numbers[i + 1]
        ],
        lambda numbers: [
            i
            for i in range(len(numbers) - 1)
            if numbers[i - 1] < numbers[i] > numbers[i + 1]
        ],
        lambda numbers: [
            numbers[i]
            for i in range(1, len(numbers) - 1)
            if numbers[i - 1] < numbers[i] > numbers[i + 1]
        ],
    ],
    "ranks": [
        lambda scores: [sorted(scores).index(score) + 1 for score in scores],
        lambda scores: [
            sorted(set(scores), reverse=True).index(score) + 1 for score in scores
        ],
        lambda scores: [
            1 + sum(other >= score for other in scores) for score in scores
        ],
    ],
    "trimmed_mean": [
        lambda numbers: sum(numbers[1:-1]) / max(len(numbers) - 2, 1),
        lambda numbers: (
            (sum(numbers) - max(numbers) - min(numbers)) / (len(numbers) - 2)
        ),
        lambda numbers: sum(numbers) / len(numbers) if len(numbers) > 2 else 0.0,
    ],
    "top_keys": [
        lambda counts, size: sorted(counts, key=counts.__getitem__)[::-1][:size],
        lambda counts, size: sorted(counts, key=lambda k: -counts[k])[:size],
        lambda counts, size: sorted(sorted(counts, key=lambda k: -counts[k])[:size]),
    ],
    "cross_sum": [
        lambda grid: sum(grid[i][i] + grid[i][-1 - i] for i in range(len(grid))),
        lambda grid: sum(grid[i][i] for i in range(len(grid))),
        lambda grid: (
            sum(grid[i][i] + grid[i][-1 - i] for i in range(len(grid)))
            - grid[len(grid) // 2][len(grid) // 2]
        ),
    ],
    "change": [
        lambda amount, coins: [
            coin for coin in sorted(coins)[::-1] for _ in range(amount // coin)
        ],
        lambda amount, coins: [coin for coin in coins if coin <= amount],
    ],
}
