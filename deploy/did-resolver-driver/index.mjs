// did:mapae for did-resolver (npm): new Resolver(getResolver({ base: "https://node.example" })).
// No dependencies. What the node answers is handed on as it is, errors and deactivated DIDs included.

const FULL = "application/did-resolution";
const OPTIONS = ["versionId", "versionTime", "noCache", "expandRelativeUrls"];

/** Return the registry of methods for did-resolver. `base`: URL of a node, or of several nodes' load balancer. */
export function getResolver({ base, fetch = globalThis.fetch, timeout = 10_000 }) {
  async function resolve(did, parsed, _resolver, options = {}) {
    const url = new URL(`/1.0/identifiers/${encodeURIComponent(did)}`, base);
    url.search = new URLSearchParams(parsed.query ?? "");
    for (const name of OPTIONS.filter((name) => options[name] !== undefined)) {
      url.searchParams.set(name, String(options[name]));
    }
    const answer = await fetch(url, { headers: { accept: FULL }, signal: AbortSignal.timeout(timeout) });
    if (!answer.headers.get("content-type")?.startsWith(FULL)) {
      throw new Error(`${url.origin} answered ${answer.status} without a resolution result`);
    }
    return answer.json();
  }
  return { mapae: resolve };
}
