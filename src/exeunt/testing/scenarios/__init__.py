"""Scenarios: who says what to an agent, and who ends it."""
