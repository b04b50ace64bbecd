"""Briefs: what is wanted, read, checked, and divided into modules."""
