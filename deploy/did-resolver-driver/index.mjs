// did:mapae for did-resolver (npm): new Resolver(getResolver({ base: "https://node.example" })).
// No dependencies. What the node answers about the DID that was asked for is handed on as it is, errors and
// deactivated DIDs included. Nobody else is asked: a redirect is an error, and a DID URL that leads to a service is
// not resolution but dereferencing, which this driver does not do.

const FULL = "application/did-resolution";
const OPTIONS = ["versionId", "versionTime", "noCache", "expandRelativeUrls"];
const BYTES_MAX = 1024 * 1024;

/** An error as resolution has them. `type`: its name under https://www.w3.org/ns/did#. */
function refused(type, detail) {
  const error = { type: `https://www.w3.org/ns/did#${type}`, detail };
  return { didDocument: null, didDocumentMetadata: {}, didResolutionMetadata: { error } };
}

/** The text of an answer, read no further than the bound. Throws where it is longer. */
async function boundedText(answer, origin) {
  const pieces = [];
  let size = 0;
  for await (const piece of answer.body ?? []) {
    size += piece.length;
    if (size > BYTES_MAX) throw new Error(`${origin} answered more than ${BYTES_MAX} bytes`);
    pieces.push(piece);
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return new TextDecoder("utf-8", { fatal: true }).decode(whole);
}

/** Return the registry of methods for did-resolver. `base`: URL of a node, or of several nodes' load balancer. */
export function getResolver({ base, fetch = globalThis.fetch, timeout = 10_000 }) {
  async function resolve(did, parsed, _resolver, options = {}) {
    const query = new URLSearchParams(parsed.query ?? "");
    const foreign = [...query.keys()].find((name) => !OPTIONS.includes(name));
    if (foreign !== undefined) return refused("FEATURE_NOT_SUPPORTED", `resolution has no parameter ${foreign}`);
    if (parsed.path) return refused("FEATURE_NOT_SUPPORTED", "this driver resolves DIDs, it follows no paths");
    const url = new URL(`/1.0/identifiers/${encodeURIComponent(did)}`, base);
    url.search = query;
    for (const name of OPTIONS.filter((name) => options[name] !== undefined)) {
      url.searchParams.set(name, String(options[name]));
    }
    const signal = AbortSignal.timeout(timeout); // of the whole exchange: the body is read under it too
    const answer = await fetch(url, { headers: { accept: FULL }, redirect: "manual", signal });
    const type = answer.headers.get("content-type")?.split(";")[0].trim().toLowerCase();
    if (type !== FULL || answer.type === "opaqueredirect" || (answer.status >= 300 && answer.status < 400)) {
      await answer.body?.cancel();
      throw new Error(`${url.origin} answered ${answer.status} without a resolution result`);
    }
    const result = JSON.parse(await boundedText(answer, url.origin));
    if (typeof result?.didResolutionMetadata !== "object" || result.didResolutionMetadata === null) {
      throw new Error(`${url.origin} answered ${answer.status} without a resolution result`);
    }
    if (result.didDocument && result.didDocument.id !== did) {
      return refused("INVALID_DID_DOCUMENT", `${url.origin} answered with the document of another DID`);
    }
    return result;
  }
  return { mapae: resolve };
}
