"""What type checkers have to know of proofs. Checked, never run."""

from typing import assert_type

from exeunt.testing.proving import Proof, prove, touch


async def scenario(senders: int, words: list[str]) -> str:
    return words[senders]


def proofs() -> None:
    proof = prove(scenario, 2, ["a"], runs=100, cross_check=0, show_progress=False)
    assert_type(proof, Proof)
    assert_type(proof.outcomes, int | None)
    assert_type(str(proof), str)
    prove(scenario, "2", ["a"])  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    prove(scenario, 2)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    prove(len, [1])  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    proof.runs = 1  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]


def touches() -> None:
    touch("balance")
    touch(("balance", 3), write=False)
    touch("balance", False)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
