// Times ethr-did-resolver on request: one JSON line in, one JSON line out.
// node resolve.mjs <folder with node_modules> <rpc url> <chain id> <registry address>
// in: {"did", "runs"}   out: {"ms": [...], "requests" of one resolution, "versionId", "methods"}
//
// The provider is the tuned one: ethers by default waits 10 ms to gather calls into a batch, and asks for the network
// and caches answers; here every call goes out at once, the network is known, nothing is cached.
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const [folder, url, chainIdText, registry] = process.argv.slice(2);
const require = createRequire(pathToFileURL(join(folder, "package.json")));
const { Resolver } = require("did-resolver");
const { JsonRpcProvider } = require("ethers");
const { getResolver } = require("ethr-did-resolver");

const chainId = Number(chainIdText);
const provider = new JsonRpcProvider(url, chainId, { staticNetwork: true, batchMaxCount: 1, cacheTimeout: -1 });
let sent = 0;
const send = provider._send.bind(provider);
provider._send = (payload) => {
  sent += 1;
  return send(payload);
};
const resolver = new Resolver(getResolver({ networks: [{ name: "bench", chainId, provider, registry }] }));

for await (const line of createInterface({ input: process.stdin })) {
  const { did, runs } = JSON.parse(line);
  const ms = [];
  let result;
  for (let run = 0; run < runs; run++) {
    sent = 0;
    const started = performance.now();
    result = await resolver.resolve(did);
    ms.push(performance.now() - started);
    if (result.didResolutionMetadata.error) throw new Error(JSON.stringify(result.didResolutionMetadata));
  }
  const methods = result.didDocument.verificationMethod.length;
  process.stdout.write(JSON.stringify({ ms, requests: sent, versionId: result.didDocumentMetadata.versionId ?? null, methods }) + "\n");
}
process.exit(0);
