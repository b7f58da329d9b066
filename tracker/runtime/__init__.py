"""A run: frames through all stages, what is told meanwhile, and how it ends."""
