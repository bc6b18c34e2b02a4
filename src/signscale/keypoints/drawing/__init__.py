"""Skeletons drawn on frames."""
