"""Wire shapes of published status lists."""

from pydantic import BaseModel, ConfigDict, Field


class Aggregation(BaseModel):
    """Every token list (draft-ietf-oauth-status-list, aggregation)."""

    model_config = ConfigDict(extra="forbid")
    status_lists: list[str]


class Publication(BaseModel):
    """What is published now. Times are unix seconds."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)
    list_id: str = Field(alias="list", pattern="^0x[0-9a-f]{64}$")
    seq: int
    digest: str = Field(pattern="^0x[0-9a-f]{64}$")
    signed_at: int
    expires_at: int
    forms: list[str]
