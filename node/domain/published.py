"""A published status list as the node keeps it: bytes that somebody else signed, and when they were."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StoredList:
    """One form of one list: `token`, `revocation`, `suspension`, their `+jwt` envelopes, or `snapshot`.

    `body` is served as it is, `packed` is the same under gzip; `etag`: hex digits. Times are unix seconds.
    """

    list_id: bytes
    form: str
    seq: int
    signed_at: int
    expires_at: int
    ttl_s: int
    url: str
    body: bytes
    packed: bytes
    etag: str
