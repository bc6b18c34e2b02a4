"""The network: graph embedding, branches, decoder, similarity, losses, heads."""
