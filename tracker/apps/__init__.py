"""What people look at: the report, its review, the search, the live page."""
