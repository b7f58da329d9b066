"""Visits to all cameras -> people."""
