"""Hypothesis strategies: orders, messages, faults and whole scenarios."""

from .of_faults import fault_plans
from .of_messages import messages
from .of_scenarios import ends, lines, scenarios
from .of_schedules import schedules

__all__ = ["ends", "fault_plans", "lines", "messages", "scenarios", "schedules"]
