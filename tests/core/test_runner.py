"""Turns that end in unusual ways."""
