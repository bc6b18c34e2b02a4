"""MediaPipe Holistic."""
