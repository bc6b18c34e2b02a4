"""Pose estimators: frames in, 133 keypoints a frame out."""
