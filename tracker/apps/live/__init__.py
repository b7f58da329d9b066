"""Pages that a run or a result serves to this machine's browser."""
