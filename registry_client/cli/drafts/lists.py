"""Messages of IssuanceLog and StatusRegistry."""

from registry_client.cli import context
from registry_client.cli.drafts.given import Draft, Given
from registry_client.cli.i18n import tr
from registry_client.cli.settings import UsageError


def anchor_issuance(given: Given) -> Draft:
    agency = given.agency("agency")
    taken = int(context.node().get(f"/v1/issuances/{agency}")["count"])
    message = {
        "agency": given.did_id(agency),
        "expectedSeq": taken + 1,
        "root": given.hexadecimal("root", 32),
        "count": given.number("count"),
    }
    return Draft(message)


def open_list(given: Given) -> Draft:
    return Draft({"owner": given.did_id(given.agency("agency")), "salt": given.salt()})


def change(given: Given) -> Draft:
    """Revoke, suspend or lift: one operation carries one run of words, so the places become one span of masks."""
    from registry_client.core.status import LIST_SIZE

    words: dict[int, int] = {}
    for text in given.text("places").split(","):
        if not (text.isascii() and text.isdecimal()) or not int(text) < LIST_SIZE:
            raise UsageError(
                tr(f"{text!r}: a place lies in 0..{LIST_SIZE - 1}", f"{text!r}: 자리는 0..{LIST_SIZE - 1}입니다")
            )
        index = int(text)
        words[index // 256] = words.get(index // 256, 0) | 1 << (255 - index % 256)
    start, end = min(words), max(words)
    masks = tuple(words.get(word, 0) for word in range(start, end + 1))
    return Draft({"list": given.hexadecimal("list", 32), "startWord": start, "masks": masks})


def anchor_snapshot(given: Given) -> Draft:
    import hashlib

    from registry_client.core.encoding import encode_hex
    from registry_client.errors import StatusListMalformedError

    list_id = given.hexadecimal("list", 32)
    known = context.registry().status(list_id)
    if known is None:
        raise StatusListMalformedError("the ledger has no such status list", list=encode_hex(list_id))
    return Draft({"list": list_id, "seq": known.seq, "digest": hashlib.sha256(known.words).digest()})
