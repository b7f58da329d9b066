"""Boxes and ids drawn into pictures: annotated videos, mosaics, people made unrecognisable."""
