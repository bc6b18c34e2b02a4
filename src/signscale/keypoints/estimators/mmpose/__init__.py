"""MMPose 1.x, the paper's whole-body estimator."""
