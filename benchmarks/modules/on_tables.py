"""Right answers to the tasks on dictionaries and grids, and what they are tried on."""

from typing import Any, cast

from .drawing import Arguments, Draw


def invert(mapping: dict[str, int]) -> dict[int, list[str]]:
    inverted: dict[int, list[str]] = {}
    for key in sorted(mapping):
        inverted.setdefault(mapping[key], []).append(key)
    return {value: inverted[value] for value in sorted(inverted)}


def border_sum(grid: list[list[int]]) -> int:
    inside = sum(sum(row[1:-1]) for row in grid[1:-1])
    return sum(map(sum, grid)) - inside


def merge_counts(first: dict[str, int], second: dict[str, int]) -> dict[str, int]:
    keys = sorted({*first, *second})
    sums = {key: first.get(key, 0) + second.get(key, 0) for key in keys}
    return {key: value for key, value in sums.items() if value}


def get_path(data: dict[str, object], path: str) -> object:
    found: Any = data
    for key in path.split("."):
        if not isinstance(found, dict) or key not in found:
            return None
        found = cast("dict[str, object]", found)[key]
    return found


def top_keys(counts: dict[str, int], size: int) -> list[str]:
    return sorted(counts, key=lambda key: (-counts[key], key))[:size]


def cross_sum(grid: list[list[int]]) -> int:
    size = len(grid)
    return sum(sum(row[at] for at in {i, size - 1 - i}) for i, row in enumerate(grid))


def neighbour_sum(grid: list[list[int]], row: int, column: int) -> int:
    around = [
        (row - 1, column),
        (row + 1, column),
        (row, column - 1),
        (row, column + 1),
    ]
    height, width = len(grid), len(grid[0])
    return sum(grid[y][x] for y, x in around if 0 <= y < height and 0 <= x < width)


_draw = Draw(4)


def _line(width: int) -> list[int]:
    return [_draw.number() for _ in range(width)]


def _grid(tallest: int = 4, widest: int = 4) -> list[list[int]]:
    height, width = _draw.number(1, tallest), _draw.number(1, widest)
    return [_line(width) for _ in range(height)]


def _place(grid: list[list[int]]) -> Arguments:
    return grid, _draw.randrange(len(grid)), _draw.randrange(len(grid[0]))


def _nest(depth: int) -> dict[str, object]:
    keys = _draw.sample("ab", _draw.number(1, 2))
    deeper = depth > 1
    return {
        key: _nest(depth - 1) if deeper and _draw.number(0, 3) else 7 for key in keys
    }


INPUTS: dict[str, list[Arguments]] = {
    "invert": [({},), ({"b": 1, "a": 1},), *((_draw.counts(),) for _ in range(36))],
    "border_sum": [([],), ([[7]],), ([[1, 2]],), *((_grid(),) for _ in range(36))],
    "merge_counts": [
        ({}, {}),
        ({"a": 0}, {}),
        ({"a": 1}, {"a": -1}),
        *((_draw.counts(5, -2, 2), _draw.counts(5, -2, 2)) for _ in range(36)),
    ],
    "get_path": [
        ({}, "a"),
        ({"a": 0}, "a"),
        ({"a": {"b": {}}}, "a.b"),
        ({"a.b": 1}, "a.b"),
        ({"a": "bc"}, "a.b"),
        ({"a": ["b"]}, "a.b"),
        *(
            (_nest(3), ".".join(_draw.sample("aabb", _draw.number(1, 4))))
            for _ in range(44)
        ),
    ],
    "top_keys": [
        ({}, 2),
        ({"a": 1}, 0),
        ({"b": 1, "a": 1}, 1),
        *((_draw.counts(8, 0, 3), _draw.number(0, 5)) for _ in range(40)),
    ],
    "cross_sum": [
        ([],),
        ([[5]],),
        *(([_line(size) for _ in range(size)],) for size in (1, 2, 3, 4, 5) * 7),
    ],
    "neighbour_sum": [
        ([[3]], 0, 0),
        ([[1, 2]], 0, 1),
        ([[1], [2], [3]], 1, 0),
        *(_place(_grid()) for _ in range(40)),
    ],
}
