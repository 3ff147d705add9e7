// @digitalbazaar/vc-bitstring-status-list and @sd-jwt/jwt-status-list.
import { checkStatus, createCredential, createList } from "@digitalbazaar/vc-bitstring-status-list";
import { createHeaderAndPayload, getListFromStatusListJWT, StatusList } from "@sd-jwt/jwt-status-list";
import { loaderOf, verifierOf } from "./data_integrity.mjs";

export const statusLists = {
  /** Return [{purpose, status}] of a credential; its lists are among `documents`. */
  async "bitstring.check"({ document, documents, suite }) {
    const result = await checkStatus({
      credential: document, documentLoader: loaderOf(documents), suite: verifierOf(suite),
    });
    if (!result.verified) {
      throw result.error ?? new Error("not verified");
    }
    return result.results.map(({ credentialStatus, status }) => ({ purpose: credentialStatus.statusPurpose, status }));
  },
  /** Return an unsigned list credential with the bits `set`. */
  async "bitstring.make"({ id, purpose, length, set }) {
    const list = await createList({ length });
    set.forEach((index) => list.setStatus(index, true));
    return createCredential({ id, list, statusPurpose: purpose });
  },
  async "tokenlist.read"({ token, indexes }) {
    const list = getListFromStatusListJWT(token);
    return { bits: list.getBitsPerStatus(), values: indexes.map((index) => list.getStatus(index)) };
  },
  /** Return {header, payload} of a token list; `values`: index -> value. */
  async "tokenlist.make"({ size, bits, values, payload, header }) {
    const list = new StatusList(new Array(size).fill(0), bits);
    Object.entries(values).forEach(([index, value]) => list.setStatus(Number(index), value));
    return createHeaderAndPayload(list, payload, header);
  },
};
