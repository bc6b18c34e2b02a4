"""Inference for people: a model folder and a clip in, an answer with its confidence out; search; ONNX."""
