"""The paper's ablations as one sweep: which runs there are, and what they say about each claim."""
