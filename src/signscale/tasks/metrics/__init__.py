"""Metrics with signatures and bootstrap intervals."""
