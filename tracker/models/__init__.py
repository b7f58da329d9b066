"""Which models exist, where they lie on this machine, and how they get there."""
