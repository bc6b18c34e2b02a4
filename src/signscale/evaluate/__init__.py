"""The stage evaluate: predictions and metrics of fine-tuned models, and the nearest-neighbour baseline."""
