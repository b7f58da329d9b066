"""A finished run as a page for people: who was where and when, and how sure that is."""
