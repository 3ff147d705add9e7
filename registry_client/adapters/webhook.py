"""Alerts handed over to one configured address, signed, with bounded retries.

- https, or http on this machine: an alert says what an agency does, and is not shown to the network between.
- Header `Mapae-Signature: t=<unix seconds>, hmac-sha256=<hex>` over `<t>.<body>`, with a secret of the receiver's; or
  `es256=<hex>` and `key=<controller>` by one of the agency's keys.
- No redirects, no proxies, a bounded answer; 2xx is the only yes. `Mapae-Alert: <id>` lets the receiver drop repeats.
"""

import hmac
import ipaddress
import json
import time
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from registry_client.core.keys import Signer
from registry_client.errors import InvalidProfileError, LedgerUnavailableError

ATTEMPTS: Final = 4
PAUSE_FIRST_S: Final = 0.5
TIMEOUT_S: Final = 10.0
SECRET_MIN_BYTES: Final = 16
Sign = Callable[[bytes], str]
"""Signs `<t>.<body>`; returns the part of the header after `t=...`."""


def require_address(url: str) -> str:
    """Return an address that alerts may be sent to. Raises InvalidProfileError."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        raise InvalidProfileError("the webhook's address cannot be read", url=url[:200]) from None
    if parts.username is not None or parts.fragment or not host:
        raise InvalidProfileError("a webhook's address has a host, and neither user nor fragment", url=url[:200])
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(host)):
        raise InvalidProfileError("a webhook is https, or http on this machine (127.0.0.1, ::1)", url=url[:200])
    return url


def sign_by_secret(secret: bytes) -> Sign:
    """Sign with HMAC-SHA-256. Raises InvalidProfileError for a short secret."""
    if len(secret) < SECRET_MIN_BYTES:
        raise InvalidProfileError(f"a webhook's secret has at least {SECRET_MIN_BYTES} bytes")
    return lambda data: f"hmac-sha256={hmac.digest(secret, data, 'sha256').hex()}"


def sign_by_key(signer: Signer) -> Sign:
    """Sign with a P-256 or secp256k1 key of the agency."""
    controller = "0x" + signer.public_key.controller().hex()
    return lambda data: f"es256={signer.sign(data).hex()}, key={controller}"


class Webhook:
    """One address and how to sign for it."""

    def __init__(
        self,
        url: str,
        *,
        sign: Sign,
        clock: Callable[[], float] = time.time,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._url = require_address(url)
        self._sign, self._clock, self._pause = sign, clock, pause

    def deliver(self, document: Mapping[str, Any]) -> None:
        """Hand one alert over. Raises LedgerUnavailableError after ATTEMPTS tries."""
        body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
        reason = ""
        for attempt in range(ATTEMPTS):
            if attempt:
                self._pause(PAUSE_FIRST_S * 2 ** (attempt - 1))
            reason = self._attempt(body, str(document["id"]))
            if not reason:
                return
        raise LedgerUnavailableError(
            f"the webhook did not take the alert in {ATTEMPTS} tries ({reason})",
            alert=document["id"],
        )

    def _attempt(self, body: bytes, alert_id: str) -> str:
        stamp = str(int(self._clock()))
        headers = {
            "Content-Type": "application/json",
            "Mapae-Alert": alert_id,
            "Mapae-Signature": f"t={stamp}, {self._sign(stamp.encode() + b'.' + body)}",
        }
        try:
            with (
                httpx.Client(timeout=TIMEOUT_S, trust_env=False, follow_redirects=False) as client,
                client.stream("POST", self._url, content=body, headers=headers) as response,
            ):
                return "" if response.is_success else f"HTTP {response.status_code}"
        except httpx.HTTPError as error:
            return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
