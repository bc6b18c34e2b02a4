"""The HDF5 keypoint shard: write, read, validate, convert."""
