"""Right answers to the tasks on lists, and what they are tried on."""

from itertools import accumulate, groupby, pairwise

from .drawing import Arguments, Draw


def running_max(numbers: list[int]) -> list[int]:
    return list(accumulate(numbers, max))


def rotate(items: list[int], steps: int) -> list[int]:
    if not items:
        return []
    cut = -steps % len(items)
    return items[cut:] + items[:cut]


def gaps(numbers: list[int]) -> list[int]:
    return [abs(after - before) for before, after in pairwise(numbers)]


def interleave(first: list[int], second: list[int]) -> list[int]:
    mixed = [each for pair in zip(first, second, strict=False) for each in pair]
    length = len(mixed) // 2
    return mixed + first[length:] + second[length:]


def second_largest(numbers: list[int]) -> int | None:
    different = sorted(set(numbers))
    return different[-2] if len(different) > 1 else None


def group_runs(items: list[int]) -> list[list[int]]:
    return [list(run) for _, run in groupby(items)]


def merge_spans(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def keep_last(items: list[int]) -> list[int]:
    return list(dict.fromkeys(reversed(items)))[::-1]


def split_at(items: list[int], separator: int) -> list[list[int]]:
    parts: list[list[int]] = [[]]
    for item in items:
        if item == separator:
            parts.append([])
        else:
            parts[-1].append(item)
    return parts


def longest_run(items: list[int]) -> int:
    return max(map(len, group_runs(items)), default=0)


def peaks(numbers: list[int]) -> list[int]:
    inner = range(1, len(numbers) - 1)
    return [at for at in inner if numbers[at - 1] < numbers[at] > numbers[at + 1]]


def ranks(scores: list[int]) -> list[int]:
    return [1 + sum(other > score for other in scores) for score in scores]


_draw = Draw(2)


def _spans() -> list[tuple[int, int]]:
    starts = _draw.numbers(5, 0, 14)
    return [(start, start + _draw.number(0, 4)) for start in starts]


INPUTS: dict[str, list[Arguments]] = {
    "running_max": [
        ([],),
        ([-3],),
        ([-2, -5],),
        *((_draw.numbers(),) for _ in range(40)),
    ],
    "rotate": [
        ([], 0),
        ([], 3),
        ([1], 5),
        ([1, 2], -1),
        *((_draw.numbers(5), _draw.number(-8, 8)) for _ in range(40)),
    ],
    "gaps": [([],), ([4],), ([4, 4],), *((_draw.numbers(6),) for _ in range(30))],
    "interleave": [
        ([], []),
        ([1], []),
        ([], [1, 2]),
        *((_draw.numbers(5), _draw.numbers(5)) for _ in range(30)),
    ],
    "second_largest": [
        ([],),
        ([0],),
        ([0, 0],),
        ([0, -1],),
        *((_draw.numbers(5, -3, 3),) for _ in range(40)),
    ],
    "group_runs": [([],), ([0],), *((_draw.numbers(9, 0, 2),) for _ in range(40))],
    "merge_spans": [
        ([],),
        ([(0, 0)],),
        ([(1, 9), (2, 3)],),
        *((_spans(),) for _ in range(40)),
    ],
    "keep_last": [([],), ([2],), *((_draw.numbers(8, 0, 3),) for _ in range(44))],
    "split_at": [
        ([], 0),
        ([0], 0),
        ([0, 0], 0),
        ([1], 0),
        *((_draw.numbers(7, 0, 3), 0) for _ in range(20)),
        *((_draw.numbers(7, 0, 3), _draw.number(0, 4)) for _ in range(20)),
    ],
    "longest_run": [
        ([],),
        ([3],),
        ([1, 2, 2],),
        *((_draw.numbers(9, 0, 1),) for _ in range(44)),
    ],
    "peaks": [
        ([],),
        ([5],),
        ([1, 2],),
        ([1, 3, 3, 1],),
        *((_draw.numbers(9, 0, 3),) for _ in range(40)),
    ],
    "ranks": [
        ([],),
        ([4],),
        ([4, 4],),
        *((_draw.numbers(6, 0, 4),) for _ in range(40)),
    ],
}
