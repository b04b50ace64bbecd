"""Hypothesis strategies for what goes wrong."""

from collections.abc import Sequence

from hypothesis import strategies as st

from ..faults.plan import KINDS, Delay, Fault, FaultPlan, Kinds, check_choice


def fault_plans(
    *,
    messages: int = 10,
    most: int = 3,
    kinds: Kinds = KINDS,
    of: Sequence[type] = (object,),
) -> st.SearchStrategy[FaultPlan]:
    """Draw plans of what goes wrong with the messages of an agent.

    Args:
        messages: how many messages there are among which the faults fall.
        most: how many faults there are at the most.
        kinds: which kinds of faults. `Duplicate` and `Drop` have to be asked for: the
            one needs senders that try again, the other a mailbox that drops.
        of: among messages of which classes they are counted.

    Returns:
        A strategy for `FaultPlan`. It shrinks towards the plan in which nothing goes
        wrong, and each fault towards the first message and the first of *kinds*.

    Raises:
        ValueError: there is nothing to choose from.

    Example::

        @given(plan=fault_plans(messages=5), schedule=schedules())
        def test_nothing_gets_lost(plan, schedule):
            schedule.run(scenario, plan)
    """
    check_choice(messages, most, kinds, of)

    def fault(kind: type[Fault]) -> st.SearchStrategy[Fault]:
        more = {"seconds": st.integers(1, 10)} if kind is Delay else {}
        nth = st.integers(0, messages - 1)
        return st.builds(kind, nth, of=st.sampled_from(list(of)), **more)

    faults = st.sampled_from(list(kinds)).flatmap(fault)
    return st.lists(faults, max_size=most).map(FaultPlan)
