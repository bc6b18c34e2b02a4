"""From pixels or foreign skeletons to 133 keypoints."""
