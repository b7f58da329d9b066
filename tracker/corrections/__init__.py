"""What a person knows better than the program, applied to a tracks.json."""
