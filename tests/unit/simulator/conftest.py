"""Fixtures of the recovery study."""

from small_recovery import place  # noqa: F401 (a fixture)
