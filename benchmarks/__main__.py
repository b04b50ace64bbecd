"""Print the table: ``python -m benchmarks --help``."""

import os
import platform
from argparse import ArgumentParser, BooleanOptionalAction, Namespace
from collections.abc import Mapping
from importlib.metadata import version

from .idle import STATM
from .measure import Comparison, Job, compare, timed
from .peers import installed_peers
from .suite import SUITE, Row
from .workloads import BY_HAND, EXEUNT

PEERS_SHARE = 10
"""Peers do a tenth of the work: some are slow, and the cost of each piece counts."""

PEERS_WORKLOADS = ("tell", "ask", "ask-100", "start-stop")

Peers = Mapping[str, Mapping[str, Job] | None]


def main() -> None:
    options = arguments()
    rounds, share = (2, 10) if options.quick else (options.rounds, 1)
    peers = installed_peers() if options.peers else {}
    print(
        f"Python {platform.python_version()}, trio {version('trio')}, "
        f"{os.cpu_count()} CPUs; {rounds} rounds\n"
    )
    print(f"{'':28}{'by hand':>13}{'exeunt':>18}{'spread':>16}{'bar':>8}")
    measured = {}
    for name in options.workloads or SUITE:
        if name == "idle" and not STATM.exists():
            print("memory of an idle agent: needs the /proc of Linux")
            continue
        comparisons = measure(name, rounds, share, peers)
        for row, comparison in zip(SUITE[name].rows, comparisons, strict=True):
            print(line(row, comparison), flush=True)
        measured[name] = comparisons[0]
    names = [name for name in PEERS_WORKLOADS if name in measured]
    if peers and names:
        print_peers(peers, {name: measured[name] for name in names})


def arguments() -> Namespace:
    parser = ArgumentParser(
        "python -m benchmarks",
        description="Measure exeunt, the hand-written Trio loop and other libraries "
        "side by side. benchmarks/README.md says how to read the table.",
    )
    parser.add_argument(
        "workloads", nargs="*", metavar="workload", help=f"of {', '.join(SUITE)}"
    )
    parser.add_argument(
        "--rounds", type=int, default=9, help="runs of each contender (default: 9)"
    )
    parser.add_argument(
        "--quick", action="store_true", help="only see whether everything runs"
    )
    parser.add_argument(
        "--peers", action=BooleanOptionalAction, default=True, help="measure peers too"
    )
    options = parser.parse_args()
    for name in options.workloads:
        if name not in SUITE:
            parser.error(f"no workload {name!r}; there are {', '.join(SUITE)}")
    if options.rounds < 1:
        parser.error(f"--rounds is 1 or more, not {options.rounds}")
    return options


def measure(name: str, rounds: int, share: int, peers: Peers) -> list[Comparison]:
    workload = SUITE[name]
    count = workload.count // share
    contenders = {"exeunt": workload.sample(EXEUNT, count)}
    for peer, jobs in peers.items():
        if jobs is not None and name in jobs:
            contenders[peer] = timed(jobs[name], count // PEERS_SHARE)
    return compare(workload.sample(BY_HAND, count), contenders, rounds)


def line(row: Row, comparison: Comparison) -> str:
    ratio = comparison.costs["exeunt"]
    if row.kind == "speed":
        ratio = ratio.inverse()
    bar = verdict = ""
    if row.bar is not None:
        reached = ratio.median >= row.bar
        bar = f"{'≥' if row.kind == 'speed' else '≤'} {row.bar}"
        verdict = "met" if reached == (row.kind == "speed") else "MISSED"
    spread = f"{ratio.lowest:.2f} to {ratio.highest:.2f}"
    return (
        f"{row.what:28}{row.shown(comparison.by_hand):>13}"
        f"{ratio.median:>10.2f} x {row.kind:5}{spread:>16}{bar:>8}  {verdict}"
    ).rstrip()


def print_peers(peers: Peers, measured: Mapping[str, Comparison]) -> None:
    heads = "".join(f"{name:>13}" for name in measured)
    print(f"\n{'x speed of by hand':28}{heads}")
    for peer in ("exeunt", *peers):
        costs = [comparison.costs.get(peer) for comparison in measured.values()]
        cells = [f"{c.inverse().median:.2f}" if c else "-" for c in costs]
        if peer in peers and peers[peer] is None:
            cells = ["not installed"]
        print(f"{peer:28}" + "".join(f"{cell:>13}" for cell in cells))


main()
