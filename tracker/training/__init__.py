"""Training of ReID networks: labelled pictures in, weights with their history out."""
