"""The network: graph embedding, two branches, similarity, model folders."""
