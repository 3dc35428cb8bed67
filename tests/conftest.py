"""What holds for all tests: how long an example of a property takes says nothing of whether it holds."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# to see which lines run at all: none needs luck for that
settings.register_profile("few", settings.get_profile("untimed"), max_examples=10)
settings.load_profile("untimed")
