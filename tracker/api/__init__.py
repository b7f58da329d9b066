"""What a program imports: `track` for recordings and streams, `Tracker` for one's own loop."""
