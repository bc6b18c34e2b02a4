"""Use of trained models: predictions with confidences for clips, search, and export to ONNX."""
