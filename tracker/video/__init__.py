"""What the user named -> frames with their index, time and size."""
