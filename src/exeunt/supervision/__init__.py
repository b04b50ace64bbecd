"""A nursery for agents that depend on each other.

From the ground up: `child` is one agent and what it lives by, `group` some that leave
as one; `troupe` knows all of them and what has failed; `restarting` starts several
again together; `leaving` sees them off in order, and `stage` is where all of that
happens. Users hold a `supervisor`, from `opening`; `rules` checks what they say.
"""
