"""Settings of the generated tests: no deadline for one example, as the machine is shared and its first one slow."""

from hypothesis import HealthCheck, settings

settings.register_profile("tenantry", max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tenantry")
