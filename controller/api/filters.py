"""What a question may be narrowed by: parameters of the query. Others than these are errors."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

MOST_ITEMS = 1000


class Part(BaseModel):
    """Which page."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    limit: int = Field(default=100, ge=1, le=MOST_ITEMS, description="At most so many items.")
    after: str | None = Field(default=None, max_length=600, description="`next` of the page before.")


class Filters(Part):
    """Which page of what is of this tenant, switch and network."""

    tenant: str | None = Field(default=None, max_length=255, description="Name of a tenant.")
    switch: str | None = Field(default=None, max_length=255, description="Name of a switch.")
    network: str | None = Field(default=None, max_length=600, description="Id of a network, `tenant/name`.")

    def has_network(self, network: str) -> bool:
        """Whether a network, by its id, is of that tenant and is that network."""
        return (self.network is None or self.network == network) and (
            self.tenant is None or network.startswith(f"{self.tenant}/")
        )


class BySwitch(Part):
    """Which page of what is of this switch."""

    switch: str | None = Field(default=None, max_length=255, description="Name of a switch.")


class Nothing(BaseModel):
    """There are no parameters."""

    model_config = ConfigDict(extra="forbid", frozen=True)
