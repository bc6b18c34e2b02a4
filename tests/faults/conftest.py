"""The made-up repository of the tests of provenance."""

from ..provenance.conftest import params, place  # noqa: F401 - fixtures
