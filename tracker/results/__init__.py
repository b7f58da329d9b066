"""Results -> files and windows: JSON, text formats, annotated video."""
