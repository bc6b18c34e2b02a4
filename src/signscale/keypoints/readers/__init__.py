"""Readers of what clips come as: videos, folders of frames, and recorded keypoints."""
