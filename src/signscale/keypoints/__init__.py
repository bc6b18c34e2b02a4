"""The stage keypoints: 133 keypoints of every frame, from pixels or from recorded skeletons."""
