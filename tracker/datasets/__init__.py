"""Pictures of known people for training and scoring ReID networks: listing and reading them."""
