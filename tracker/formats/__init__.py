"""Results in the files of other tools, and the way back."""
