"""What lies on a disk: sample rows, keypoint shards, packs, quality, excluded clips; skeletons; files that appear
whole."""
