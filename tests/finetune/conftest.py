"""A small world to train in."""

from training_worlds import pretrained, start, tiny, world  # noqa: F401 - fixtures
