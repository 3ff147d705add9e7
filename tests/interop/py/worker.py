"""Other people's Python, asked over lines of JSON: {op, ...} in, {value} or {error} out, one answer a line, in order.

Runs in an environment of its own (requirements/interop.txt), where nothing of ours is installed.
"""

import json
import sys
from datetime import datetime

from joserfc import jwk as joserfc_jwk
from joserfc import jws as joserfc_jws
from jwcrypto.jwk import JWK
from openvc.keys import signing_key_from_jwk
from openvc.proof.data_integrity import DataIntegrityProofSuite
from openvc.proof.di_ecdsa_rdfc import EcdsaRdfcProofSuite
from openvc.proof.di_jcs import EcdsaJcsProofSuite, EddsaJcsProofSuite
from openvc.proof.sd_jwt import SdJwtVcProofSuite
from openvc.proof.vc_jwt import VcJwtProofSuite
from openvc.status.bitstring import new_bitstring, set_status_bit
from openvc.status.issue import build_status_list_credential, build_status_list_token, verify_status_list_token
from openvc.status.status_list import check_credential_status
from openvc.status.token_status_list import check_token_status, new_status_list, set_status
from sd_jwt.common import SDObj
from sd_jwt.holder import SDJWTHolder
from sd_jwt.issuer import SDJWTIssuer
from sd_jwt.verifier import SDJWTVerifier

SUITES = {
    "ecdsa-jcs-2019": EcdsaJcsProofSuite,
    "eddsa-jcs-2022": EddsaJcsProofSuite,
    "ecdsa-rdfc-2019": EcdsaRdfcProofSuite,
    "eddsa-rdfc-2022": DataIntegrityProofSuite,
}


def contexts_for(suite, contexts):
    """RDF suites need the contexts that are not bundled."""
    return {"extra_contexts": contexts} if "rdfc" in suite else {}


def openvc_issue(*, document, suite, jwk, method, created, contexts):
    key = signing_key_from_jwk(jwk, method)
    created = datetime.fromisoformat(created)
    more = contexts_for(suite, contexts)
    return SUITES[suite]().add_proof(document, signing_key=key, verification_method=method, created=created, **more)


def openvc_verify(*, document, suite, jwk, contexts):
    SUITES[suite]().verify(document, public_key_jwk=jwk, **contexts_for(suite, contexts))
    return True


def openvc_present(*, document, suite, jwk, method, challenge, domain):
    presentation = {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "type": ["VerifiablePresentation"],
        "holder": method.partition("#")[0],
        "verifiableCredential": [document],
    }
    key = signing_key_from_jwk(jwk, method)
    return SUITES[suite]().add_proof(
        presentation, signing_key=key, verification_method=method, proof_purpose="authentication",
        challenge=challenge, domain=domain,
    )  # fmt: skip


def openvc_verify_presentation(*, document, suite, jwk, challenge, domain):
    SUITES[suite]().verify(
        document, public_key_jwk=jwk, expected_proof_purpose="authentication",
        expected_challenge=challenge, expected_domain=domain,
    )  # fmt: skip
    return True


def openvc_sd_issue(*, claims, disclosable, holder, jwk, kid):
    key = signing_key_from_jwk(jwk, kid)
    return SdJwtVcProofSuite().issue(claims, signing_key=key, disclosable=disclosable, holder_jwk=holder, decoys=2)


def openvc_sd_present(*, text, jwk, audience, nonce):
    return SdJwtVcProofSuite().create_presentation(
        text, holder_key=signing_key_from_jwk(jwk, "holder"), audience=audience, nonce=nonce
    )


def openvc_sd_verify(*, text, jwk, audience, nonce):
    found = SdJwtVcProofSuite().verify(
        text, public_key_jwk=jwk, audience=audience, nonce=nonce, require_key_binding=True
    )
    return found.claims


def openvc_vc_jwt(*, token, jwk):
    return VcJwtProofSuite().verify(token, public_key_jwk=jwk).credential


def openvc_bitstring(*, document, lists):
    found = check_credential_status(document, resolve_status_list=lists.__getitem__)
    return {"revocation": found.revoked, "suspension": found.suspended}


def openvc_bitstring_make(*, id, issuer, purpose, size, set):  # noqa: A002
    bits = new_bitstring(size)
    for index in set:
        set_status_bit(bits, index, True)
    return build_status_list_credential(id=id, issuer=issuer, bitstring=bits, status_purpose=purpose)


def openvc_tokenlist(*, token, jwk, uri, indexes):
    claims = verify_status_list_token(token, public_key_jwk=jwk, expected_uri=uri)
    references = [{"status": {"status_list": {"uri": uri, "idx": index}}} for index in indexes]
    lists = {uri: claims}.__getitem__
    return [int(check_token_status(entry, resolve_status_list_token=lists).status) for entry in references]


def openvc_tokenlist_make(*, jwk, kid, uri, issuer, size, values, ttl, expires):
    packed = new_status_list(size, bits=2)
    for index, value in values.items():
        set_status(packed, int(index), value, bits=2)
    key = signing_key_from_jwk(jwk, kid)
    return build_status_list_token(
        signing_key=key, uri=uri, status_list=packed, bits=2, issuer=issuer, ttl=ttl, expires=expires
    )


def sd_issue(*, claims, disclosable, holder, jwk, kid, decoys):
    hidden = {SDObj(name) if name in disclosable else name: value for name, value in claims.items()}
    issuer = SDJWTIssuer(
        hidden, JWK(**jwk), JWK(**holder), add_decoy_claims=decoys,
        extra_header_parameters={"typ": "dc+sd-jwt", "kid": kid},
    )  # fmt: skip
    return issuer.sd_jwt_issuance


def sd_present(*, text, show, jwk, audience, nonce):
    holder = SDJWTHolder(text)
    holder.create_presentation(dict.fromkeys(show, True), nonce, audience, JWK(**jwk), "ES256")
    return holder.sd_jwt_presentation


def sd_verify(*, text, jwk, audience, nonce):
    return SDJWTVerifier(text, lambda *_: JWK(**jwk), audience, nonce).get_verified_payload()


def joserfc_sign(*, header, payload, jwk):
    key = joserfc_jwk.import_key(jwk)
    return joserfc_jws.serialize_compact(header, json.dumps(payload), key, algorithms=[header["alg"]])


def joserfc_verify(*, token, jwk, alg):
    found = joserfc_jws.deserialize_compact(token, joserfc_jwk.import_key(jwk), algorithms=[alg])
    return {"header": found.headers(), "payload": json.loads(found.payload)}


OPERATIONS = {
    "openvc.issue": openvc_issue,
    "openvc.verify": openvc_verify,
    "openvc.present": openvc_present,
    "openvc.verifyPresentation": openvc_verify_presentation,
    "openvc.sd.issue": openvc_sd_issue,
    "openvc.sd.present": openvc_sd_present,
    "openvc.sd.verify": openvc_sd_verify,
    "openvc.vcjwt.verify": openvc_vc_jwt,
    "openvc.bitstring.check": openvc_bitstring,
    "openvc.bitstring.make": openvc_bitstring_make,
    "openvc.tokenlist.read": openvc_tokenlist,
    "openvc.tokenlist.make": openvc_tokenlist_make,
    "sdjwt.issue": sd_issue,
    "sdjwt.present": sd_present,
    "sdjwt.verify": sd_verify,
    "joserfc.sign": joserfc_sign,
    "joserfc.verify": joserfc_verify,
}


def answer_to(question):
    try:
        return {"value": OPERATIONS[question.pop("op")](**question)}
    except Exception as error:  # whatever a library says no with, is its answer
        return {"error": f"{type(error).__name__}: {error}"}


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(answer_to(json.loads(line))), flush=True)
