"""Decoding, metrics with signatures and intervals, baselines."""
