"""HTTP caching (RFC 9110 sections 8.8 and 13, RFC 9111): validators, freshness, conditional requests.

- A tag is weak where the answer also says at which block it was read: that moves with every block, what it says of its
  subject does not. Bytes that are handed out as they were anchored have a strong one.
- Only what can never change is `immutable`; what may change is to be asked for again, with its tag, every time.
- A condition counts only where the answer without it would be 200 (RFC 9110 section 13.2.1).
"""

import hashlib
import re
from base64 import urlsafe_b64encode
from typing import Final

IMMUTABLE: Final = b"public, max-age=31536000, immutable"
"""Facts that are final and closed: a superseded version, an anchored batch."""
REVALIDATE: Final = b"no-cache"
NEVER: Final = b"no-store"
DAY: Final = b"public, max-age=86400"
"""What follows from the DID itself: only a new release of ours could write it differently."""
_TAGS: Final = re.compile(rb'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')


def strong_tag(*parts: bytes) -> bytes:
    """Return the entity tag of exactly these bytes; the parts cannot run into one another."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8))
        digest.update(part)
    return b'"' + urlsafe_b64encode(digest.digest()[:18]) + b'"'


def weak_tag(*parts: bytes) -> bytes:
    """Return the tag of an answer that says the same as long as the parts are the same."""
    return b"W/" + strong_tag(*parts)


def is_known(condition: bytes, tag: bytes) -> bool:
    """Tell whether an If-None-Match names the tag: `*`, or a list compared weakly; what is no tag names none."""
    return condition.strip() == b"*" or tag.removeprefix(b"W/") in _TAGS.findall(condition)
