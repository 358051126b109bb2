"""Fixtures of the recovery study."""

from small_recovery import setting  # noqa: F401 (a fixture)
