"""Find a person in the galleries of many runs."""
