"""What a run keeps on disk of the people it saw: crops, their embeddings, posters."""
