"""A nursery for agents that depend on each other.

From the ground up: `child` is one agent and the rules it lives by; `troupe` knows all
of them and what has failed; `restarting` starts several again together; `leaving` sees
them off in order; `supervisor` is what users hold.
"""
