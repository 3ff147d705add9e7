// @digitalbazaar/vc with its cryptosuites. Documents come with the question; nothing is fetched.
import { DataIntegrityProof } from "@digitalbazaar/data-integrity";
import * as ecdsaJcs from "@digitalbazaar/ecdsa-jcs-2019-cryptosuite";
import * as EcdsaMultikey from "@digitalbazaar/ecdsa-multikey";
import { cryptosuite as ecdsaRdfc } from "@digitalbazaar/ecdsa-rdfc-2019-cryptosuite";
import * as Ed25519Multikey from "@digitalbazaar/ed25519-multikey";
import * as eddsaJcs from "@digitalbazaar/eddsa-jcs-2022-cryptosuite";
import { cryptosuite as eddsaRdfc } from "@digitalbazaar/eddsa-rdfc-2022-cryptosuite";
import * as vc from "@digitalbazaar/vc";
import { checkStatus } from "@digitalbazaar/vc-bitstring-status-list";

const LISTS_SIGNED_BY = "ecdsa-jcs-2019";
const SUITES = {
  "ecdsa-jcs-2019": { sign: ecdsaJcs.createSignCryptosuite, verify: ecdsaJcs.createVerifyCryptosuite },
  "eddsa-jcs-2022": { sign: eddsaJcs.createSignCryptosuite, verify: eddsaJcs.createVerifyCryptosuite },
  "ecdsa-rdfc-2019": { sign: () => ecdsaRdfc, verify: () => ecdsaRdfc },
  "eddsa-rdfc-2022": { sign: () => eddsaRdfc, verify: () => eddsaRdfc },
};

/** Return a loader that knows `documents` (URL -> document) and the library's own contexts. */
export function loaderOf(documents) {
  return async (url) =>
    url in documents
      ? { contextUrl: null, documentUrl: url, document: documents[url] }
      : vc.defaultDocumentLoader(url);
}

export const verifierOf = (suite) => new DataIntegrityProof({ cryptosuite: SUITES[suite].verify() });

/** Check every list that a credential names, and say no where one of its bits is set. */
async function checkLists({ credential, documentLoader }) {
  const result = await checkStatus({ credential, documentLoader, suite: verifierOf(LISTS_SIGNED_BY) });
  const set = (result.results ?? []).filter(({ status }) => status);
  if (!result.verified || set.length === 0) {
    return result;
  }
  return { verified: false, error: new Error(`status set: ${set[0].credentialStatus.statusPurpose}`) };
}

async function signerOf({ suite, jwk, method, created }) {
  const { fromJwk } = jwk.kty === "OKP" ? Ed25519Multikey : EcdsaMultikey;
  const key = await fromJwk({ jwk, secretKey: true, id: method, controller: method.split("#")[0] });
  return new DataIntegrityProof({ signer: key.signer(), cryptosuite: SUITES[suite].sign(), date: created });
}

function requireVerified(result) {
  if (!result.verified) {
    const inner = result.credentialResults?.find(({ verified }) => !verified)?.error;
    throw result.error ?? inner ?? result.statusResult?.error ?? new Error("not verified");
  }
  return true;
}

export const dataIntegrity = {
  async "vc.issue"(question) {
    const documentLoader = loaderOf(question.documents);
    return vc.issue({ credential: question.document, suite: await signerOf(question), documentLoader });
  },
  async "vc.verify"({ document, suite, documents }) {
    const documentLoader = loaderOf(documents);
    return requireVerified(
      await vc.verifyCredential({
        credential: document, suite: verifierOf(suite), documentLoader, checkStatus: checkLists,
      }),
    );
  },
  async "vc.present"(question) {
    const { document, documents, challenge, domain, method } = question;
    const documentLoader = loaderOf(documents);
    const holder = method.split("#")[0];
    const presentation = vc.createPresentation({ verifiableCredential: document, holder, verify: false });
    return vc.signPresentation({ presentation, suite: await signerOf(question), challenge, domain, documentLoader });
  },
  async "vc.verifyPresentation"({ document, suite, documents, challenge, domain }) {
    const documentLoader = loaderOf(documents);
    return requireVerified(
      await vc.verify({
        presentation: document, suite: verifierOf(suite), challenge, domain, documentLoader, checkStatus: checkLists,
      }),
    );
  },
};
