// jose: compact JWS with any media type.
import { compactVerify, CompactSign, importJWK } from "jose";

const text = new TextEncoder();

export const jws = {
  async "jose.sign"({ header, payload, jwk }) {
    const signer = new CompactSign(text.encode(JSON.stringify(payload))).setProtectedHeader(header);
    return signer.sign(await importJWK(jwk, header.alg));
  },
  async "jose.verify"({ token, jwk, alg }) {
    const { payload, protectedHeader } = await compactVerify(token, await importJWK(jwk, alg), { algorithms: [alg] });
    return { header: protectedHeader, payload: JSON.parse(new TextDecoder().decode(payload)) };
  },
};
