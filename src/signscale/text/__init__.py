"""Templates, the frozen text encoder, and the store of its token features."""
