// Who may act for whom: admissions, roles and their expiry, accreditations and their chains, types and services.
import { expect } from "chai";
import { id as keccakText, keccak256, sha256 } from "ethers";
import { key } from "../support/keys.js";
import { Story, TYPE, VCT } from "../support/story.js";
import { codeOf, DAY, documentOf, HOUR, NOBODY, ROLE, YEAR, ZERO_ID, ZERO_WORD } from "../support/world.js";

let story;
let keys;
let start;

before(async () => {
  story = await Story.tell();
  ({ keys } = story);
});
beforeEach(async () => {
  start = await story.snapshot();
});
afterEach(() => story.restore(start));

const refusing = (name) => (promise, error) => expect(promise).to.be.revertedWithCustomError(story.contracts[name], error);

describe("Roles", () => {
  const refused = refusing("Roles");
  const may = (role, signer, agency = story.agencyId) => story.contracts.Roles.isAuthorised(agency, role, signer.controller);
  const nonceOf = (signer) => story.nonce("Roles", signer);
  const admit = async (message, by = keys.ministry) =>
    story.submit("AdmitAgency", { root: story.ministryId, agency: story.gateId, endorser: NOBODY, until: (await story.now()) + YEAR, nonce: await nonceOf(by), ...message }, by);

  it("give exactly what they name", async () => {
    expect(await may(ROLE.StatusOperator, keys.desk)).to.equal(true);
    expect(await may(ROLE.IssuanceOperator, keys.desk)).to.equal(false);
    expect(await may(ROLE.Endorser, keys.desk)).to.equal(false);
    expect(await may(ROLE.StatusOperator, keys.desk, story.gateId)).to.equal(false);
    for (const role of Object.values(ROLE)) {
      expect(await may(role, keys.agency)).to.equal(true);
      expect(await may(role, keys.stranger)).to.equal(false);
    }
    expect(await may(0, keys.agency)).to.equal(false);
    expect(await may(4, keys.agency)).to.equal(false);
  });

  it("all expire, at most five years away", async () => {
    const latest = 5n * 366n * DAY;
    await refused(story.grantRole(ROLE.Endorser, keys.desk, { until: (await story.now()) + latest + 60n }), "RolesInvalidTerm");
    await refused(story.grantRole(ROLE.Endorser, keys.desk, { until: await story.now() }), "RolesInvalidTerm");
    await refused(admit({ until: (await story.now()) + latest + 60n }), "RolesInvalidTerm");
    const until = (await story.now()) + DAY;
    await story.grantRole(ROLE.IssuanceOperator, keys.desk, { until });
    await story.advance(until - (await story.now()) - 1n);
    expect(await may(ROLE.IssuanceOperator, keys.desk)).to.equal(true);
    await story.advance(1n);
    expect(await may(ROLE.IssuanceOperator, keys.desk)).to.equal(false);
  });

  it("can be ended at once, and only once", async () => {
    await story.endRole(ROLE.StatusOperator, keys.desk);
    expect(await may(ROLE.StatusOperator, keys.desk)).to.equal(false);
    await refused(story.endRole(ROLE.StatusOperator, keys.desk), "RolesNoTerm");
    await refused(story.endRole(ROLE.Endorser, keys.stranger), "RolesNoTerm");
  });

  it("go to keys that can sign, and are those of a closed list", async () => {
    const nonce = await nonceOf(keys.agency);
    const grant = { agency: story.agencyId, role: ROLE.Endorser, grantee: NOBODY, until: story.until, nonce };
    await refused(story.submit("GrantRole", grant, keys.agency), "RolesUnusableController");
    await refused(story.submit("GrantRole", { ...grant, grantee: `0x03${"11".repeat(20)}` }, keys.agency), "RolesUnusableController");
    for (const role of [0, 4, 255]) {
      await refused(story.submit("GrantRole", { ...grant, role, grantee: keys.desk.controller }, keys.agency), "RolesUnknownRole");
    }
  });

  it("of an agency fall with its DID's controller, not with the document", async () => {
    await story.submit("TransferControl", { id: story.agencyId, expectedVersion: 1, newController: keys.successor.controller, document: documentOf("new") }, keys.agency, keys.successor);
    expect(await may(ROLE.StatusOperator, keys.agency)).to.equal(false);
    expect(await may(ROLE.StatusOperator, keys.successor)).to.equal(true);
    expect(await may(ROLE.StatusOperator, keys.desk)).to.equal(true);
  });

  it("are admitted under roots only, by the root's own controller", async () => {
    await refused(admit({ root: story.agencyId }, keys.agency), "RolesNotRoot");
    await refused(admit({ root: story.gateId }, keys.gate), "RolesNotRoot");
    await story.decide("Dismiss", story.ministryId);
    await refused(admit({}), "RolesNotRoot");
  });

  it("belong to one sponsor at a time", async () => {
    const other = story.organisationId(key("other root"), "other root");
    const until = (await story.now()) + YEAR;
    await story.decide("Admit", other, keys.endorser.controller, until);
    await story.createOrganisation("other root", key("other root"), other, keys.endorser);
    const steal = (signer) => admit({ root: other, agency: story.agencyId }, signer);
    await refused(steal(key("other root")), "RolesOtherSponsor");
    const dismiss = { root: other, agency: story.agencyId, nonce: await nonceOf(key("other root")) };
    await refused(story.submit("DismissAgency", dismiss, key("other root")), "RolesOtherSponsor");
    await story.submit("DismissAgency", { root: story.ministryId, agency: story.agencyId, nonce: await nonceOf(keys.ministry) }, keys.ministry);
    await steal(key("other root"));
    expect((await story.contracts.Roles.admissionOf(story.agencyId)).sponsor).to.equal(other);
  });

  it("let no root dismiss what the council admitted, nor anything twice", async () => {
    const dismiss = async (agency) => story.submit("DismissAgency", { root: story.ministryId, agency, nonce: await nonceOf(keys.ministry) }, keys.ministry);
    await refused(dismiss(story.ministryId), "RolesOtherSponsor");
    await dismiss(story.agencyId);
    await refused(dismiss(story.agencyId), "RolesNotAdmitted");
  });

  it("that the council has taken away are the council's to give again", async () => {
    await story.decide("Dismiss", story.agencyId);
    await refused(admit({ agency: story.agencyId }), "RolesOtherSponsor");
    expect(await story.contracts.Roles.isAdmitted(story.agencyId)).to.equal(false);
    await story.decide("Admit", story.agencyId, NOBODY, (await story.now()) + YEAR);
    expect(await story.contracts.Roles.isAdmitted(story.agencyId)).to.equal(true);
    await refused(admit({ agency: story.agencyId }), "RolesOtherSponsor");
  });

  it("are for organisations: a phone is no agency, whoever admits it", async () => {
    const { holder, holderId } = story;
    const grant = { agency: holderId, role: ROLE.StatusOperator, grantee: keys.desk.controller, until: story.until, nonce: 0n };
    await refused(story.submit("GrantRole", grant, holder), "RolesNotController");
    await refused(story.submit("AdmitAgency", { root: holderId, agency: story.gateId, endorser: NOBODY, until: story.until, nonce: 0n }, holder), "RolesNotController");
    await admit({ agency: holderId });
    for (const role of Object.values(ROLE)) expect(await may(role, holder, holderId)).to.equal(false);
    await refusing("StatusRegistry")(story.submit("OpenList", { owner: holderId, salt: ZERO_WORD }, holder), "StatusRegistryNotOperator");
    const batch = { agency: holderId, expectedSeq: 1, root: keccak256("0x01"), count: 1 };
    await refusing("IssuanceLog")(story.submit("AnchorIssuance", batch, holder), "IssuanceLogNotOperator");
    await refusing("DidRegistry")(story.createOrganisation("x", keys.successor, holderId, holder), "DidRegistryNotEndorser");
    const schema = { owner: holderId, vct: "https://mapae.invalid/vct/x/v1", expectedVersion: 1, document: documentOf("x") };
    await expect(story.submit("RegisterSchema", schema, holder)).to.be.revert(story.ethers);
  });

  it("seed an endorser only where there is nobody yet to name one", async () => {
    await story.submit("DismissAgency", { root: story.ministryId, agency: story.agencyId, nonce: await nonceOf(keys.ministry) }, keys.ministry);
    await refused(admit({ agency: story.agencyId, endorser: keys.stranger.controller }), "RolesEndorserNotSeedable");
    await admit({ agency: story.agencyId });
    await refused(admit({ agency: ZERO_ID }), "RolesNotAdmitted");
  });

  it("spend one nonce each, on lanes that do not wait for each other", async () => {
    const lane = 7n;
    const base = { agency: story.agencyId, role: ROLE.IssuanceOperator, grantee: keys.successor.controller, until: story.until };
    const later = await story.sign("GrantRole", { ...base, nonce: lane << 64n }, [keys.agency]);
    await story.grantRole(ROLE.Endorser, keys.desk);
    await story.send(later);
    await refused(story.send(later), "InvalidAccountNonce");
    expect(await story.nonce("Roles", keys.agency, lane)).to.equal((lane << 64n) + 1n);
  });
});

describe("AccreditationRegistry", () => {
  const refused = refusing("AccreditationRegistry");
  const registry = () => story.contracts.AccreditationRegistry;
  const accredit = async (message, signer = keys.ministry) =>
    story.submit(
      "Accredit",
      { grantor: story.ministryId, grantorSeq: 1, agency: story.gateId, typeId: TYPE, expectedSeq: 1, from: await story.now(), until: story.until, mayIssue: true, mayAccredit: true, ...message },
      signer,
    );
  const end = async (grantor, agency, seq, endedAt, signer) =>
    story.submit("EndGrant", { grantor, agency, typeId: TYPE, seq, endedAt, nonce: await story.nonce("AccreditationRegistry", signer) }, signer);
  const valid = async (agency, time) => (await registry().pathAt(agency, TYPE, time)).valid;

  it("answers a path from the agency up to the council's grant", async () => {
    const { valid: ok, path, grants } = await registry().pathAt(story.agencyId, TYPE, await story.now());
    expect(ok).to.equal(true);
    expect(path.map(({ agency, seq }) => [agency, seq])).to.deep.equal([[story.agencyId, 1n], [story.ministryId, 1n]]);
    expect(grants.map(({ depth }) => depth)).to.deep.equal([2n, 1n]);
    expect(grants[1].grantor).to.equal(ZERO_ID);
  });

  it("holds in [from, until)", async () => {
    const from = (await story.now()) + HOUR;
    await accredit({ from, until: from + HOUR });
    for (const [time, expected] of [[from - 1n, false], [from, true], [from + HOUR - 1n, true], [from + HOUR, false]]) {
      expect(await valid(story.gateId, time), `${time - from}`).to.equal(expected);
    }
  });

  it("keeps a child inside its parent's window", async () => {
    const { from, until } = await registry().grantOf(story.ministryId, TYPE, 1);
    await refused(accredit({ from: from - 1n }), "AccreditationInvalidWindow");
    await refused(accredit({ until: until + 1n }), "AccreditationInvalidWindow");
    await refused(accredit({ from: until, until }), "AccreditationInvalidWindow");
    await accredit({ from, until });
  });

  it("is four grants deep at most", async () => {
    const chain = ["d3", "d4", "d5"].map((label) => key(label));
    for (const one of chain) await story.createOrganisation(one.label, one, story.ministryId, keys.endorser);
    const ids = chain.map((one) => story.organisationId(one, one.label));
    await accredit({ grantor: story.agencyId, agency: ids[0] }, keys.agency);
    await accredit({ grantor: ids[0], agency: ids[1] }, chain[0]);
    await expect(accredit({ grantor: ids[1], agency: ids[2] }, chain[1])).to.be.revertedWithCustomError(registry(), "AccreditationTooDeep").withArgs(5);
    const { path, valid: ok } = await registry().pathAt(ids[1], TYPE, await story.now());
    expect(ok).to.equal(true);
    expect(path).to.have.length(4);
  });

  it("is given by a holder of a live parent grant of the same type, with the right to accredit", async () => {
    await refused(accredit({ grantorSeq: 2 }), "AccreditationUnknownGrant");
    await refused(accredit({ typeId: keccakText("another type") }), "AccreditationUnknownGrant");
    await refused(accredit({ grantor: story.gateId, agency: story.agencyId, expectedSeq: 2 }, keys.gate), "AccreditationUnknownGrant");
    await accredit({ mayAccredit: false });
    await refused(accredit({ grantor: story.gateId, agency: story.agencyId, expectedSeq: 2 }, keys.gate), "AccreditationMayNotAccredit");
    await end(story.ministryId, story.gateId, 1, await story.now(), keys.ministry);
    await refused(accredit({ grantor: story.gateId, agency: story.agencyId, expectedSeq: 2 }, keys.gate), "AccreditationParentNotLive");
  });

  it("falls with any link above it, at the time of that link's end", async () => {
    const cut = (await story.now()) + HOUR;
    await story.decide("EndGrant", story.ministryId, TYPE, 1, cut);
    expect(await valid(story.agencyId, cut - 1n)).to.equal(true);
    expect(await valid(story.agencyId, cut)).to.equal(false);
    await story.advance(2n * HOUR);
    await refused(accredit({ grantor: story.agencyId, until: cut }, keys.agency), "AccreditationParentNotLive");
  });

  it("ends earlier only, for good", async () => {
    const at = (await story.now()) + DAY;
    await end(story.ministryId, story.agencyId, 1, at, keys.ministry);
    await refused(end(story.ministryId, story.agencyId, 1, at + 1n, keys.ministry), "AccreditationNotEarlier");
    await refused(end(story.ministryId, story.agencyId, 1, at, keys.ministry), "AccreditationNotEarlier");
    await refused(end(story.ministryId, story.agencyId, 1, 0n, keys.ministry), "AccreditationNotEarlier");
    await end(story.ministryId, story.agencyId, 1, at - HOUR, keys.ministry);
    expect((await registry().grantOf(story.agencyId, TYPE, 1)).endedAt).to.equal(at - HOUR);
  });

  it("is ended by who gave it, or the council, and nobody between", async () => {
    const now = await story.now();
    await refused(end(story.gateId, story.agencyId, 1, now, keys.gate), "AccreditationNotGrantor");
    await refused(end(story.agencyId, story.ministryId, 1, now, keys.agency), "AccreditationNotGrantor");
    await refused(end(story.ministryId, story.agencyId, 9, now, keys.ministry), "AccreditationNotGrantor");
    await story.decide("EndGrant", story.agencyId, TYPE, 1, now);
    expect(await valid(story.agencyId, now)).to.equal(false);
  });

  it("is renewed by a new grant; the old one keeps its history", async () => {
    const now = await story.now();
    await end(story.ministryId, story.agencyId, 1, now, keys.ministry);
    await accredit({ agency: story.agencyId, expectedSeq: 2, from: now + HOUR });
    expect(await registry().countOf(story.agencyId, TYPE)).to.equal(2);
    expect(await valid(story.agencyId, now - 1n)).to.equal(true);
    expect(await valid(story.agencyId, now)).to.equal(false);
    expect(await valid(story.agencyId, now + HOUR)).to.equal(true);
    expect((await registry().pathAt(story.agencyId, TYPE, now + HOUR)).path[0].seq).to.equal(2);
  });

  it("goes to active organisations, never to oneself, never for nothing", async () => {
    await refused(accredit({ agency: story.ministryId, expectedSeq: 2 }), "AccreditationSelfGrant");
    await refused(accredit({ agency: story.holderId }), "AccreditationUnfitAgency");
    await refused(accredit({ agency: `0x${"77".repeat(20)}` }), "AccreditationUnfitAgency");
    await refused(accredit({ mayIssue: false, mayAccredit: false }), "AccreditationEmptyGrant");
    await story.submit("DeactivateDid", { id: story.gateId, expectedVersion: 1 }, keys.gate);
    await refused(accredit({}), "AccreditationUnfitAgency");
  });

  it("does not let a grant to accredit issue, nor the other way", async () => {
    await accredit({ mayIssue: false });
    const { valid: ok, path } = await registry().pathAt(story.gateId, TYPE, await story.now());
    expect(ok).to.equal(false);
    expect(path).to.have.length(2); // the reason is shown
  });

  it("looks at the newest sixteen grants, newest first", async () => {
    for (let seq = 1; seq <= 16; seq++) await accredit({ expectedSeq: seq, mayIssue: seq === 1 });
    expect(await valid(story.gateId, await story.now())).to.equal(true);
    await accredit({ expectedSeq: 17, mayIssue: false });
    expect(await valid(story.gateId, await story.now())).to.equal(false);
  });

  it("says who never had one", async () => {
    const { valid: ok, path, grants } = await registry().pathAt(story.gateId, TYPE, await story.now());
    expect([ok, path.length, grants.length]).to.deep.equal([false, 0, 0]);
    await refused(story.decide("GrantRoot", story.gateId, ZERO_WORD, 1, story.until, true, true), "AccreditationInvalidType");
  });
});

describe("SchemaRegistry", () => {
  const refused = refusing("SchemaRegistry");
  const register = (message, signer = keys.ministry) =>
    story.submit("RegisterSchema", { owner: story.ministryId, vct: VCT, expectedVersion: 2, document: documentOf("s2"), ...message }, signer);

  it("keeps every version for ever, under the sha256 of its document", async () => {
    await register({});
    const { SchemaRegistry } = story.contracts;
    expect((await SchemaRegistry.digestOf(TYPE, 1)).digest).to.equal(sha256(documentOf("schema")));
    expect((await SchemaRegistry.digestOf(TYPE, 2)).digest).to.equal(sha256(documentOf("s2")));
    expect((await SchemaRegistry.digestOf(TYPE, 3)).digest).to.equal(ZERO_WORD);
    expect([...(await SchemaRegistry.typeOf(TYPE))]).to.deep.equal([story.ministryId, 2n]);
    await refused(register({ expectedVersion: 1 }), "SchemaRegistryStaleVersion");
  });

  it("opens a type for who holds it from the council itself, nobody below", async () => {
    const vct = "https://mapae.invalid/vct/other/v1";
    await refused(register({ vct, expectedVersion: 1 }), "SchemaRegistryNoRootGrant");
    const from = await story.now();
    await story.decide("GrantRoot", story.ministryId, keccakText(vct), from, story.until, false, true);
    const below = { grantor: story.ministryId, grantorSeq: 1, agency: story.agencyId, typeId: keccakText(vct), expectedSeq: 1, from, until: story.until, mayIssue: true, mayAccredit: true };
    await story.submit("Accredit", below, keys.ministry);
    await refused(register({ vct, expectedVersion: 1, owner: story.agencyId }, keys.agency), "SchemaRegistryNoRootGrant");
    await register({ vct, expectedVersion: 1 });
  });

  it("lets nobody but the owner go on, accredited or not", async () => {
    await story.decide("GrantRoot", story.gateId, TYPE, await story.now(), story.until, true, true);
    await refused(register({ owner: story.gateId }, keys.gate), "SchemaRegistryNotOwner");
    await story.decide("EndGrant", story.ministryId, TYPE, 1, await story.now());
    await register({});
  });

  it("bounds names and documents", async () => {
    await refused(register({ vct: "" }), "SchemaRegistryNameSize");
    await refused(register({ vct: "x".repeat(257) }), "SchemaRegistryNameSize");
    await refused(register({ document: "0x" }), "SchemaRegistryDocumentSize");
    await refused(register({ document: documentOf("x", 16385) }), "SchemaRegistryDocumentSize");
  });
});

describe("ServiceRegistry", () => {
  const refused = refusing("ServiceRegistry");
  const code = codeOf("GATE-1");
  const set = async (message = {}, signer = keys.ministry) =>
    story.submit("SetService", { typeId: TYPE, code, expectedVersion: 1, verifier: story.gateId, from: await story.now(), until: story.until, document: documentOf("svc"), ...message }, signer);

  it("is the type owner's to open, change and end, never the verifier's", async () => {
    await set();
    await refused(set({ expectedVersion: 2 }, keys.gate), "ServiceRegistryNotController");
    await refused(story.submit("EndService", { typeId: TYPE, code, expectedVersion: 1, endedAt: await story.now() }, keys.gate), "ServiceRegistryNotController");
    await set({ expectedVersion: 2, verifier: story.agencyId });
    const service = await story.contracts.ServiceRegistry.serviceOf(TYPE, code);
    expect([service.verifier, service.version, service.digest]).to.deep.equal([story.agencyId, 2n, sha256(documentOf("svc"))]);
  });

  it("ends earlier only; the next version starts anew", async () => {
    await set();
    const at = (await story.now()) + DAY;
    const end = (endedAt, expectedVersion = 1) => story.submit("EndService", { typeId: TYPE, code, expectedVersion, endedAt }, keys.ministry);
    await end(at);
    await refused(end(at), "ServiceRegistryNotEarlier");
    await refused(end(at + 1n), "ServiceRegistryNotEarlier");
    await refused(end(0n), "ServiceRegistryNotEarlier");
    await end(at - 1n);
    await set({ expectedVersion: 2 });
    expect((await story.contracts.ServiceRegistry.serviceOf(TYPE, code)).endedAt).to.equal(0);
  });

  it("has a code of A-Z, 0-9 and -, and a real verifier", async () => {
    const ascii = (text) => `0x${Buffer.from(text, "latin1").toString("hex").padEnd(64, "0")}`;
    for (const wrong of ["", "gate", "GATE 1", "GATE_1", "GATE\0ONE", "\0GATE", "G\u00c4TE", "GATE/", "[", "@"]) {
      await refused(set({ code: ascii(wrong) }), "ServiceRegistryInvalidCode");
    }
    for (const right of ["A", "Z", "0", "9", "-", "ABCDEFGHIJKLMNOPQRSTUVWXYZ-01234"]) await set({ code: ascii(right) });
    await refused(set({ verifier: story.holderId }), "ServiceRegistryUnfitVerifier");
    await refused(set({ verifier: ZERO_ID }), "ServiceRegistryUnfitVerifier");
  });

  it("needs a known type, a window and a document", async () => {
    await refused(set({ typeId: keccakText("?") }), "ServiceRegistryUnknownType");
    await refused(set({ from: 5, until: 5 }), "ServiceRegistryInvalidWindow");
    await refused(set({ document: "0x" }), "ServiceRegistryDocumentSize");
    await refused(set({ document: documentOf("x", 16385) }), "ServiceRegistryDocumentSize");
    await refused(story.submit("EndService", { typeId: TYPE, code, expectedVersion: 1, endedAt: 1 }, keys.ministry), "ServiceRegistryUnknownService");
  });
});

describe("IssuanceLog", () => {
  const refused = refusing("IssuanceLog");
  const anchor = (seq, root = keccak256("0x01"), count = 1) =>
    story.submit("AnchorIssuance", { agency: story.agencyId, expectedSeq: seq, root, count }, keys.issuer);

  it("numbers batches without gaps and binds each to its block's time", async () => {
    const log = story.contracts.IssuanceLog;
    await refused(anchor(2), "IssuanceLogStaleSeq");
    await refused(anchor(0), "IssuanceLogStaleSeq");
    for (let seq = 1; seq <= 9; seq++) {
      await anchor(seq, keccak256(`0x0${seq}`), seq);
      const time = await story.now();
      const digest = story.ethers.solidityPackedSha256(["bytes32", "uint64", "uint64"], [keccak256(`0x0${seq}`), seq, time]);
      expect(await log.digestOf(story.agencyId, seq)).to.equal(digest);
      expect(await log.countOf(story.agencyId)).to.equal(seq);
    }
    await expect(anchor(12)).to.be.revertedWithCustomError(log, "IssuanceLogStaleSeq").withArgs(12, 10);
    expect(await log.digestOf(story.agencyId, 10)).to.equal(ZERO_WORD);
    expect(await log.countOf(story.gateId)).to.equal(0);
  });

  it("takes no empty batch", async () => {
    await refused(anchor(1, ZERO_WORD), "IssuanceLogEmptyBatch");
    await refused(anchor(1, keccak256("0x01"), 0), "IssuanceLogEmptyBatch");
  });
});
