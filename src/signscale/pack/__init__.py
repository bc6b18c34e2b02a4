"""The stage pack: keypoint shards filtered, trimmed and composed into one training shard a corpus."""
