// A DIF registrar client in client-managed secret mode: the specification's members only, their keys, their HTTP client.
import * as EcdsaMultikey from "@digitalbazaar/ecdsa-multikey";
import { httpClient } from "@digitalbazaar/http-client";

const PAUSE_MS = 100;
const ROUNDS = 600;

async function post({ base, token }, path, body) {
  const headers = { authorization: `Bearer ${token}` };
  try {
    return (await httpClient.post(base + path, { json: body, headers })).data;
  } catch (error) {
    throw new Error(`${error.status}: ${error.data?.didState?.reason ?? error.message}`);
  }
}

/** Sign what each request names, by its `kid`; nothing but `serializedPayload`, `alg` and `kid` is looked at. */
async function responsesTo(requests, keys) {
  const signed = {};
  for (const [id, { serializedPayload, alg, kid }] of Object.entries(requests)) {
    const jwk = keys[kid];
    if (!jwk || alg !== "ES256") {
      throw new Error(`no ${alg} key for ${kid}`);
    }
    const key = await EcdsaMultikey.fromJwk({ jwk, secretKey: true, id: kid, controller: kid.split("#")[0] });
    const bytes = await key.signer().sign({ data: Buffer.from(serializedPayload, "base64") });
    signed[id] = { signature: Buffer.from(bytes).toString("base64"), alg, kid };
  }
  return signed;
}

export const registrar = {
  async "did.register"({ base, token, path, body, keys }) {
    const to = { base, token };
    let answer = await post(to, path, body);
    for (let round = 0; round < ROUNDS && answer.didState.state !== "finished"; round += 1) {
      const { state, action, signingRequest } = answer.didState;
      if (state === "action" && action === "signPayload") {
        const signingResponse = await responsesTo(signingRequest, keys);
        answer = await post(to, path, { jobId: answer.jobId, secret: { signingResponse } });
      } else if (state === "wait") {
        await new Promise((done) => setTimeout(done, PAUSE_MS));
        answer = await post(to, path, { jobId: answer.jobId });
      } else {
        throw new Error(`state ${state}`);
      }
    }
    return answer;
  },
};
