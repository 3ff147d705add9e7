// @sd-jwt/sd-jwt-vc: SD-JWT VC with key binding. Signatures are Node's own, as the library asks its caller to bring them.
import { createHash, createPrivateKey, createPublicKey, randomBytes, sign, verify } from "node:crypto";
import { SDJwtVcInstance } from "@sd-jwt/sd-jwt-vc";

const HASHES = { ES256: "sha256", ES384: "sha384" };
const hasher = (data, alg) => createHash(alg.replace("-", "")).update(Buffer.from(data)).digest();
const saltGenerator = (length) => randomBytes(length).toString("base64url");

function signerOf(jwk, alg) {
  const key = { key: createPrivateKey({ key: jwk, format: "jwk" }), dsaEncoding: "ieee-p1363" };
  return (data) => sign(HASHES[alg], Buffer.from(data), key).toString("base64url");
}

function verifierOf(jwk, alg) {
  const key = { key: createPublicKey({ key: jwk, format: "jwk" }), dsaEncoding: "ieee-p1363" };
  return (data, signature) => verify(HASHES[alg], Buffer.from(data), key, Buffer.from(signature, "base64url"));
}

export const sdJwt = {
  async "sdjwt.issue"({ payload, frame, header, jwk, alg }) {
    const issuer = new SDJwtVcInstance({
      signer: signerOf(jwk, alg), signAlg: alg, hasher, hashAlg: "sha-256", saltGenerator,
    });
    return issuer.issue(payload, frame, { header });
  },
  async "sdjwt.present"({ text, frame, binding, jwk, alg }) {
    const holder = new SDJwtVcInstance({
      hasher, hashAlg: "sha-256", saltGenerator, kbSigner: signerOf(jwk, alg), kbSignAlg: alg,
    });
    return holder.present(text, frame, { kb: { payload: binding } });
  },
  /** `list`: the status list's JWT, whatever its URL; the library checks it with `listJwk`. */
  async "sdjwt.verify"({ text, jwk, alg, nonce, list, listJwk }) {
    const kbVerifier = (data, signature, payload) => verifierOf(payload.cnf.jwk, "ES256")(data, signature);
    const status = list === undefined
      ? { statusListFetcher: async () => { throw new Error("no status list was given"); } }
      : { statusListFetcher: async () => list, statusVerifier: verifierOf(listJwk, "ES256") };
    const verifier = new SDJwtVcInstance({
      verifier: verifierOf(jwk, alg), kbVerifier, hasher, hashAlg: "sha-256", ...status,
    });
    const { payload, kb } = await verifier.verify(text, { keyBindingNonce: nonce });
    return { payload, kb };
  },
};
