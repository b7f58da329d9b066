"""The page of a run served to one person on this machine, to correct who is who."""
