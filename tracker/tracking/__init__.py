"""Boxes and embeddings of one camera -> tracks, after the DeepSORT paper."""
