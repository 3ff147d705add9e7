"""Decompression that cannot be made to fill the memory: bounded output, one stream, nothing behind it."""

import zlib
from typing import Final

from registry_client.errors import StatusListMalformedError

GZIP: Final = 31
"""zlib's window bits for a gzip member (RFC 1952)."""
ZLIB: Final = 15
"""zlib's window bits for a zlib stream (RFC 1950)."""


def inflate(data: bytes, *, wrapper: int, max_bytes: int) -> bytes:
    """Decompress one stream of at most `max_bytes`. Raises StatusListMalformedError. Memory: never more than that."""
    stream = zlib.decompressobj(wrapper)
    try:
        found = stream.decompress(data, max_bytes)
        if not stream.eof:
            found += stream.decompress(stream.unconsumed_tail, 1)
    except zlib.error as error:
        raise StatusListMalformedError(f"a list that does not decompress: {error}") from None
    if len(found) > max_bytes:
        raise StatusListMalformedError(f"a list decompresses to more than {max_bytes} bytes", limit=max_bytes)
    if not stream.eof:
        raise StatusListMalformedError("a compressed list is cut short, or larger than is taken", limit=max_bytes)
    if stream.unused_data:
        raise StatusListMalformedError("bytes behind a compressed list", length=len(stream.unused_data))
    return found


def gzipped(data: bytes) -> bytes:
    """Compress as one gzip member without a time, so that equal lists have equal bytes."""
    stream = zlib.compressobj(9, zlib.DEFLATED, GZIP)
    return stream.compress(data) + stream.flush()
