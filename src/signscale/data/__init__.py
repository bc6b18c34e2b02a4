"""From packed shards to batches: normalisation, augmentation, masking, batching."""
