"""The webhook: where it may lead, how it is signed, and that it gives up in time."""

import hmac
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from registry_client.adapters.signer_local import generate_signer
from registry_client.adapters.webhook import ATTEMPTS, Webhook, require_address, sign_by_key, sign_by_secret
from registry_client.core.curves import Curve
from registry_client.errors import InvalidProfileError, LedgerUnavailableError

SECRET = b"a secret of sixteen bytes or more"
ALERT = {"id": "ab" * 16, "alert": "role-granted", "text": "역할"}


@pytest.fixture
def receiver():
    """A server that keeps what it got and answers what it is told to."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            server.got.append((dict(self.headers), body))
            code = server.codes.pop(0) if server.codes else 204
            self.send_response(code)
            if code == 302:
                self.send_header("Location", "http://127.0.0.1:1/")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.got, server.codes = [], []
    server.url = f"http://127.0.0.1:{server.server_port}/alerts"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    "url", ["https://desk.example/x", "http://127.0.0.1:9/x", "http://[::1]:9/", "http://localhost/"]
)
def test_https_and_this_machine_are_addresses(url):
    assert require_address(url) == url


@pytest.mark.parametrize(
    "url",
    ["http://desk.example/", "http://127.0.0.1.evil.example/", "ftp://127.0.0.1/", "https://u:p@x.example/",
     "https:///x", "https://x.example/#a", "file:///etc/passwd", "http://10.0.0.1/", "https://x.example:port/", ""],
)  # fmt: skip
def test_everything_else_is_refused(url):
    with pytest.raises(InvalidProfileError):
        require_address(url)


def test_an_alert_is_signed_with_the_secret(receiver):
    Webhook(receiver.url, sign=sign_by_secret(SECRET), clock=lambda: 1_800_000_000.5).deliver(ALERT)
    ((headers, body),) = receiver.got
    assert json.loads(body) == ALERT
    expected = hmac.digest(SECRET, b"1800000000." + body, "sha256").hex()
    assert headers["Mapae-Signature"] == f"t=1800000000, hmac-sha256={expected}"
    assert headers["Mapae-Alert"] == ALERT["id"]
    with pytest.raises(InvalidProfileError):
        sign_by_secret(b"short")


@pytest.mark.parametrize("curve", [Curve.P256, Curve.SECP256K1])
def test_an_alert_is_signed_with_a_key_of_the_agency(receiver, curve):
    signer = generate_signer(curve)
    Webhook(receiver.url, sign=sign_by_key(signer), clock=lambda: 7).deliver(ALERT)
    ((headers, body),) = receiver.got
    stamp, signature, key = headers["Mapae-Signature"].split(", ")
    assert (stamp, key) == ("t=7", "key=0x" + signer.public_key.controller().hex())
    signer.public_key.verify(bytes.fromhex(signature.partition("=")[2]), b"7." + body)


def test_failures_are_tried_again_a_few_times_with_growing_pauses(receiver):
    pauses = []
    receiver.codes = [500, 302, 204]
    Webhook(receiver.url, sign=sign_by_secret(SECRET), pause=pauses.append).deliver(ALERT)
    assert len(receiver.got) == 3
    assert pauses == [0.5, 1.0]
    receiver.codes = [500] * 10
    with pytest.raises(LedgerUnavailableError, match=rf"in {ATTEMPTS} tries \(HTTP"):
        Webhook(receiver.url, sign=sign_by_secret(SECRET), pause=pauses.append).deliver(ALERT)
    assert len(receiver.got) == 3 + ATTEMPTS


def test_nobody_there_is_a_failure_too():
    with pytest.raises(LedgerUnavailableError):
        Webhook("http://127.0.0.1:1/", sign=sign_by_secret(SECRET), pause=lambda _: None).deliver(ALERT)
