"""The four tasks: isolated and continuous recognition, translation, retrieval."""
