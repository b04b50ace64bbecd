"""The team itself: a manager, an architect, and engineers who each own a module."""
