"""Crops of people -> appearance embeddings: cut, OSNet, unit length."""
