"""The plain data that all stages share: boxes, places on the ground, settings, errors."""
