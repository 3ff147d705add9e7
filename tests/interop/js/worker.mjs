// Other people's JavaScript, asked over lines of JSON: {op, ...} in, {value} or {error} out, one answer a line, in order.
import { createInterface } from "node:readline";
import { dataIntegrity } from "./data_integrity.mjs";
import { jws } from "./jws.mjs";
import { registrar } from "./registrar.mjs";
import { resolution } from "./resolution.mjs";
import { sdJwt } from "./sd_jwt.mjs";
import { statusLists } from "./status_lists.mjs";
import { vcApi } from "./vc_api.mjs";

const operations = { ...dataIntegrity, ...jws, ...registrar, ...resolution, ...sdJwt, ...statusLists, ...vcApi };

/** Return the innermost reasons of an error, so that a refusal can be judged by its cause. */
function reasonsOf(error) {
  const inner = [...(error.errors ?? []), ...(error.cause instanceof Error ? [error.cause] : [])];
  return [`${error.name}: ${error.message}`, ...inner.flatMap(reasonsOf)].join("; ");
}

for await (const line of createInterface({ input: process.stdin })) {
  const { op, ...question } = JSON.parse(line);
  let answer;
  try {
    answer = { value: (await operations[op](question)) ?? null };
  } catch (error) {
    answer = { error: reasonsOf(error) };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
}
