"""A package index of the test's own."""

from wheel_index import make_wheel  # noqa: F401 - a fixture
