"""How much memory idle agents take: ``python -m benchmarks.idle SIDE COUNT``.

Memory that was once used is hard to give back, so each measurement needs a process of
its own; `resident_bytes` starts it.
"""

import gc
import os
import subprocess
import sys
from pathlib import Path

import trio
from trio.testing import wait_all_tasks_blocked

from .workloads import BY_HAND, EXEUNT, Counter, Side

SIDES = {"by-hand": BY_HAND, "exeunt": EXEUNT}
STATM = Path("/proc/self/statm")  # Linux has it


def resident_bytes(side: Side, count: int) -> float:
    """Return how many bytes each of *count* idle agents adds to a fresh process."""
    name = next(name for name, known in SIDES.items() if known is side)
    output = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "benchmarks.idle", name, str(count)],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return float(output)


async def _measure(side: Side, count: int) -> float:
    async with trio.open_nursery() as nursery:
        inlets = [side.begin(nursery, Counter) for _ in range(100)]  # warm up
        await wait_all_tasks_blocked()
        before = _resident()
        inlets += [side.begin(nursery, Counter) for _ in range(count)]
        await wait_all_tasks_blocked()
        after = _resident()
        for inlet in inlets:
            side.end(inlet)
    return (after - before) / count


def _resident() -> int:
    gc.collect()
    return int(STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    print(trio.run(_measure, SIDES[sys.argv[1]], int(sys.argv[2])))
