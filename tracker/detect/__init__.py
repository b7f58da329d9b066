"""Frames -> boxes of people."""
