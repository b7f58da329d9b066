"""Faults that must cost nothing but themselves; docs/reliability.md has the table."""
