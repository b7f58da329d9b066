"""Zones and lines that people are counted in: each person once, whichever cameras see them."""
