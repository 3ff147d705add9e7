// Bugs of other registries, each by its name: what was found there must not be possible here.
import { expect } from "chai";
import { sha256 } from "ethers";
import { key } from "../support/keys.js";
import { Story, thumbprint, TYPE } from "../support/story.js";
import { APPROVE, codeOf, DAY, documentOf, NOBODY, PEERS, ROLE, salt, World, YEAR, ZERO_ID, ZERO_WORD } from "../support/world.js";

let story;
let keys;
let dids;
let start;

before(async () => {
  story = await Story.tell();
  ({ keys } = story);
  dids = story.contracts.DidRegistry;
});
beforeEach(async () => {
  start = await story.snapshot();
});
afterEach(() => story.restore(start));

const refused = (promise, error, name = "DidRegistry") => expect(promise).to.be.revertedWithCustomError(story.contracts[name], error);
const update = (expectedVersion, label, signer = keys.agency, id = story.agencyId) =>
  story.sign("UpdateDocument", { id, expectedVersion, document: documentOf(label) }, [signer]);
const grant = (message) => ({ grantor: story.ministryId, grantorSeq: 1, agency: story.gateId, typeId: TYPE, expectedSeq: 1, mayIssue: true, mayAccredit: false, until: story.until, ...message });

describe("indy-besu", () => {
  it("updateDidSigned could be replayed and rolled the document back: a version is signed for once", async () => {
    const first = await update(1, "first");
    await story.send(first);
    await story.send(await update(2, "second"));
    await refused(story.send(first), "DidRegistryStaleVersion");
    expect((await dids.recordOf(story.agencyId)).version).to.equal(3);
  });

  it("createDidSigned took a garbage signature for address(0): nobody controls nothing", async () => {
    const garbage = `0x${"5a".repeat(64)}1b`;
    for (const controller of [`0x01${"00".repeat(20)}`, `0x02${"00".repeat(20)}`, NOBODY]) {
      const good = await story.sign("CreateOrganisation", { controller, salt: salt("zero"), agency: story.agencyId, document: documentOf("zero") }, [keys.agency, keys.agencyEndorser]);
      for (const signature of [garbage, `0x${"00".repeat(64)}1b`, `0x${"00".repeat(65)}`, `0x${"00".repeat(128)}`]) {
        await expect(story.send({ ...good, signatures: [signature, good.signatures[1]] })).to.be.revert(story.ethers);
        await expect(story.send({ ...good, signatures: [good.signatures[0], signature] })).to.be.revert(story.ethers);
      }
    }
  });

  it("an endorser could submit a create and nothing else: anybody may submit any signed operation", async () => {
    await story.send(await update(1, "by a stranger"));
    await story.submit("DeactivateDid", { id: story.agencyId, expectedVersion: 2 }, keys.agency);
    expect((await dids.recordOf(story.agencyId)).version).to.equal(3);
  });

  it("assignRole over a role left stale counts: one end takes away what was granted twice", async () => {
    await story.grantRole(ROLE.StatusOperator, keys.desk);
    await story.grantRole(ROLE.StatusOperator, keys.desk);
    await story.endRole(ROLE.StatusOperator, keys.desk);
    expect(await story.contracts.Roles.isAuthorised(story.agencyId, ROLE.StatusOperator, keys.desk.controller)).to.equal(false);
  });

  it("the last trustee could be revoked: a council cannot shrink below three", async () => {
    for (const count of [0, 1, 2]) {
      const members = story.council.slice(0, count).map((member) => member.controller);
      const council = await Story.found({ development: false, delay: DAY });
      await expect(council.decide("SetCouncil", members, Math.max(count - 1, 0))).to.be.revertedWithCustomError(council.contracts.Council, "CouncilInvalidSize");
    }
  });

  it("deactivate left `updated` as it was: an ending is a version, in its block", async () => {
    const before = await dids.recordOf(story.agencyId);
    await story.submit("DeactivateDid", { id: story.agencyId, expectedVersion: 1 }, keys.agency);
    const after = await dids.recordOf(story.agencyId);
    expect(after.version).to.equal(before.version + 1n);
    expect(after.blockNumber > before.blockNumber).to.equal(true);
    expect(after.historyDigest).to.not.equal(before.historyDigest);
  });

  it("approvals of a trustee revoked later still counted: a new council voids every open vote", async () => {
    const admit = await story.proposal("Admit", story.organisationId(key("n"), "n"), NOBODY, story.until);
    await story.vote(admit, APPROVE, story.council[0]);
    const next = ["a", "b", "c"].map((label) => key(`fresh ${label}`));
    await story.decide("SetCouncil", next.map((member) => member.controller), 2);
    await story.vote({ ...admit, epoch: 2 }, APPROVE, next[0]);
    await refused(story.execute({ ...admit, epoch: 2 }), "CouncilWrongState", "Council");
  });

  it("one trustee alone assigned roles: one vote decides nothing", async () => {
    for (const [name, ...values] of [["Admit", story.gateId, NOBODY, story.until], ["Dismiss", story.agencyId], ["Compromise", story.agencyId, thumbprint("k"), 1]]) {
      const proposal = await story.proposal(name, ...values);
      await story.vote(proposal, APPROVE, story.council[0]);
      await refused(story.execute(proposal), "CouncilWrongState", "Council");
    }
    expect(await story.contracts.Roles.isAdmitted(story.agencyId)).to.equal(true);
    expect(await story.contracts.Roles.isAdmitted(story.gateId)).to.equal(false);
  });
});

describe("did:ethr", () => {
  it("the key of a deactivated DID could still write", async () => {
    await story.submit("DeactivateDid", { id: story.agencyId, expectedVersion: 1 }, keys.agency);
    for (const expectedVersion of [1, 2, 3]) await refused(update(expectedVersion, "ghost").then((one) => story.send(one)), "DidRegistryDeactivated");
    await refused(story.grantRole(ROLE.Endorser, keys.stranger), "RolesNotController", "Roles");
  });

  it("every address resolved as valid: what was never created is nothing", async () => {
    const nowhere = await dids.recordOf(`0x${"42".repeat(20)}`);
    expect([nowhere.version, nowhere.status, nowhere.historyDigest]).to.deep.equal([0n, 0n, ZERO_WORD]);
    const self = `0x${keys.stranger.controller.slice(4)}`;
    expect(await dids.authorize(self, keys.stranger.controller)).to.equal(false);
  });

  it("signatures carried no chain id and no deadline", async () => {
    await refused(story.sign("UpdateDocument", (await update(1, "x")).message, [keys.agency], { domain: { chainId: 1n } }).then((one) => story.send(one)), "SignatureInvalid");
    const aged = await update(1, "aged");
    await story.advance(2n * DAY);
    await refused(story.send(aged), "OperationExpired");
  });

  it("nonces were keyed by the wrong account: each key has its own, whoever sends", async () => {
    const before = await story.nonce("Roles", keys.ministry);
    await story.grantRole(ROLE.IssuanceOperator, keys.successor);
    expect(await story.nonce("Roles", keys.ministry)).to.equal(before);
    expect(await story.contracts.Roles.nonces(story.relayer.address, 0)).to.equal(0n);
  });
});

describe("LACChain", () => {
  it("any issuer could register under another's name", async () => {
    await refused(story.submit("AnchorIssuance", { agency: story.gateId, expectedSeq: 1, root: ZERO_WORD.replace(/0$/, "1"), count: 1 }, keys.issuer), "IssuanceLogNotOperator", "IssuanceLog");
    await refused(story.submit("OpenList", { owner: story.gateId, salt: salt("x") }, keys.desk), "StatusRegistryNotOperator", "StatusRegistry");
  });

  it("signatures were unused arguments: one wrong bit of one is refused", async () => {
    const good = await update(1, "signed");
    const own = good.signatures[0];
    for (const at of [2, 66, 130, 194, 257]) {
      const digit = (parseInt(own[at], 16) ^ 1).toString(16);
      await refused(story.send({ ...good, signatures: [own.slice(0, at) + digit + own.slice(at + 1)] }), "SignatureInvalid");
    }
  });

  it("loops ran over arrays without bound: a path costs the same after sixty grants", async () => {
    const { AccreditationRegistry } = story.contracts;
    const from = await story.now();
    const cost = async () => AccreditationRegistry.pathAt.estimateGas(story.gateId, TYPE, from);
    for (let seq = 1; seq <= 16; seq++) await story.submit("Accredit", grant({ expectedSeq: seq, from, mayIssue: false, mayAccredit: true }), keys.ministry);
    const sixteen = await cost();
    for (let seq = 17; seq <= 60; seq++) await story.submit("Accredit", grant({ expectedSeq: seq, from, mayIssue: false, mayAccredit: true }), keys.ministry);
    expect((await cost()) < sixteen + sixteen / 50n).to.equal(true); // an estimate is not exact
  });
});

describe("EBSI", () => {
  it("an expired key still controlled", async () => {
    await story.advance(story.until - (await story.now()));
    await refused(story.submit("Revoke", { list: story.list, startWord: 0, masks: [1n] }, keys.desk), "StatusRegistryNotOperator", "StatusRegistry");
    await refused(story.createHolder("p", key("p"), story.agencyId, keys.agencyEndorser), "DidRegistryNotEndorser");
  });

  it("`notAfter` 0 meant no expiry when written and expired when read: an end of 0 is no end and is refused", async () => {
    await refused(story.grantRole(ROLE.Endorser, keys.stranger, { until: 0n }), "RolesInvalidTerm", "Roles");
    await refused(story.decide("Admit", story.gateId, NOBODY, 0), "RolesInvalidTerm", "Roles");
    await refused(story.submit("Accredit", grant({ from: await story.now(), until: 0 }), keys.ministry), "AccreditationInvalidWindow", "AccreditationRegistry");
    const service = { typeId: TYPE, code: codeOf("G"), expectedVersion: 1, verifier: story.gateId, from: 0, until: 0, document: documentOf("s") };
    await refused(story.submit("SetService", service, keys.ministry), "ServiceRegistryInvalidWindow", "ServiceRegistry");
  });

  it("buffers of fifty entries overflowed: the fifty-first version and grant are as good as the first", async () => {
    for (let version = 1; version <= 52; version++) await story.send(await update(version, `v${version}`));
    expect((await dids.recordOf(story.agencyId)).version).to.equal(53);
  });
});

describe("EAS", () => {
  it("only the attesting address could revoke: rights follow the DID through a change of keys", async () => {
    const transfer = { id: story.agencyId, expectedVersion: 1, newController: keys.successor.controller, document: documentOf("moved") };
    await story.submit("TransferControl", transfer, keys.agency, keys.successor);
    await story.submit("Revoke", { list: story.list, startWord: 0, masks: [1n] }, keys.successor);
    await refused(story.submit("Revoke", { list: story.list, startWord: 1, masks: [1n] }, keys.agency), "StatusRegistryNotOperator", "StatusRegistry");
  });
});

describe("OpenDID", () => {
  it("2.2.1 storage contracts had no access control: no function writes for an account without a signature", async () => {
    const [, , , stranger] = await story.ethers.getSigners();
    const zero = (input) => {
      if (input.baseType === "array") return [];
      if (input.baseType === "tuple") return input.components.map(zero);
      if (input.type === "bool") return false;
      if (input.type === "string" || input.type === "bytes") return input.type === "bytes" ? "0x" : "";
      if (input.type.startsWith("bytes")) return `0x${"00".repeat(Number(input.type.slice(5)))}`;
      return input.type === "address" ? story.relayer.address : 0;
    };
    let writers = 0;
    for (const [name, contract] of Object.entries(story.contracts)) {
      for (const fragment of contract.interface.fragments) {
        if (fragment.type !== "function" || ["view", "pure"].includes(fragment.stateMutability) || fragment.name === "batch") continue;
        writers += 1;
        await expect(contract.connect(stranger)[fragment.name](...fragment.inputs.map(zero)), `${name}.${fragment.name}`).to.be.revert(story.ethers);
      }
    }
    expect(writers).to.equal(25 + 5 + 2); // operations; the council's doors in its peers, and in Directory
  });

  it("2.2.2 the status machine was not enforced: nothing is un-revoked, re-created or rolled back", async () => {
    await story.submit("Revoke", { list: story.list, startWord: 0, masks: [1n] }, keys.desk);
    await story.submit("Lift", { list: story.list, startWord: 0, masks: [1n], nonce: 0n }, keys.desk);
    expect((await story.contracts.StatusRegistry.words(story.list, 0, 1))[0]).to.equal(1n);
    await story.submit("DeactivateDid", { id: story.agencyId, expectedVersion: 1 }, keys.agency);
    await refused(story.createOrganisation("agency", keys.agency, story.ministryId, keys.endorser), "DidRegistryExists");
    await refused(update(1, "back").then((one) => story.send(one)), "DidRegistryDeactivated");
    await refused(story.submit("Revoke", { list: salt("unknown"), startWord: 0, masks: [1n] }, keys.desk), "StatusRegistryUnknownList", "StatusRegistry");
  });

  it("2.2.3 a lost phone was blocked by a transaction that did nothing: a success is an effect, with its event", async () => {
    const [event] = await story.done("DeactivateHolder", { id: story.holderId, guardian: story.agencyId }, keys.desk);
    expect(event.name).to.equal("DidDeactivated");
    expect(await dids.authorize(story.holderId, story.holder.controller)).to.equal(false);
    const [revoked] = await story.done("Revoke", { list: story.list, startWord: 0, masks: [1n] }, keys.desk);
    expect([...revoked.args.masks]).to.deep.equal([1n]);
    await refused(story.submit("DeactivateHolder", { id: `0x${"13".repeat(20)}`, guardian: story.agencyId }, keys.desk), "DidRegistryUnknown");
  });

  it("2.2.4 the `deactivated` flag and the status diverged: there is one state", async () => {
    for (const end of [false, true]) {
      if (end) await story.submit("DeactivateDid", { id: story.agencyId, expectedVersion: 1 }, keys.agency);
      const { status } = await dids.recordOf(story.agencyId);
      expect(status & 0x0fn).to.equal(end ? 2n : 1n);
      expect(await dids.authorize(story.agencyId, keys.agency.controller)).to.equal(!end);
    }
  });

  it("2.2.5 storage keys collided: numbers beside ids are never run together", async () => {
    const anchor = (seq) => story.submit("AnchorIssuance", { agency: story.agencyId, expectedSeq: seq, root: salt(`root ${seq}`), count: seq }, keys.issuer);
    for (let seq = 1; seq <= 11; seq++) await anchor(seq);
    const digests = new Set();
    for (let seq = 1; seq <= 11; seq++) digests.add(await story.contracts.IssuanceLog.digestOf(story.agencyId, seq));
    expect(digests.size).to.equal(11);
    const set = (code) => story.submit("SetService", { typeId: TYPE, code: codeOf(code), expectedVersion: 1, verifier: story.gateId, from: 1, until: 2, document: documentOf(code) }, keys.ministry);
    for (const code of ["A", "A1", "A11", "AA"]) await set(code);
    for (const code of ["A", "A1", "A11", "AA"]) {
      const service = await story.contracts.ServiceRegistry.serviceOf(TYPE, codeOf(code));
      expect([service.version, service.digest]).to.deep.equal([1n, sha256(documentOf(code))]);
    }
  });

  it("2.2.6 roles could not be revoked: every right has an end and somebody to end it", async () => {
    await story.endRole(ROLE.IssuanceOperator, keys.issuer);
    await story.decide("EndGrant", story.ministryId, TYPE, 1, await story.now());
    await story.decide("Dismiss", story.ministryId);
    const { Roles, AccreditationRegistry } = story.contracts;
    expect(await Roles.isAuthorised(story.agencyId, ROLE.IssuanceOperator, keys.issuer.controller)).to.equal(false);
    expect(await Roles.isAdmitted(story.agencyId)).to.equal(false);
    expect((await AccreditationRegistry.pathAt(story.agencyId, TYPE, await story.now())).valid).to.equal(false);
  });

  it("2.2.7 an implementation was left for anyone to initialise: there is nothing to initialise, own or upgrade", () => {
    for (const contract of Object.values(story.contracts)) {
      const names = contract.interface.fragments.filter(({ type }) => type === "function").map(({ name }) => name);
      expect(names.filter((name) => /initiali[sz]e|upgrade|owner|admin|proxy|delete|remove|destroy/i.test(name))).to.deep.equal([]);
    }
  });

  it("2.2.8 no owner's signature was checked: neither the ministry nor the council writes an agency's DID", async () => {
    for (const signer of [keys.ministry, keys.endorser, keys.desk, keys.issuer, ...story.council]) {
      await refused(update(1, "meddling", signer).then((one) => story.send(one)), "DidRegistryNotController");
    }
  });

  it("2.2.9 events could not be filtered by DID and carried no history", async () => {
    const before = await dids.recordOf(story.agencyId);
    await story.send(await update(1, "watched"));
    const found = await dids.queryFilter(dids.filters.DocumentUpdated(story.agencyId));
    expect(found).to.have.length(1);
    expect([found[0].args.version, found[0].args.previousDigest, found[0].args.previousBlock]).to.deep.equal([2n, before.historyDigest, before.blockNumber]);
    expect(found[0].args.document).to.equal(documentOf("watched"));
    for (const peer of PEERS) {
      for (const event of story.contracts[peer].interface.fragments.filter(({ type }) => type === "event")) {
        if (event.name === "EIP712DomainChanged") continue;
        expect(event.inputs.filter(({ indexed }) => indexed).length, `${peer}.${event.name}`).to.be.greaterThan(0);
      }
    }
  });

  it("2.2.10 JSON was built on the ledger: what was signed is what is shown, byte for byte", async () => {
    const odd = `0x${Buffer.from('{"a":"\u0001\\u0000\uD55C\uAE00"}').toString("hex")}00ff`;
    const [event] = await story.done("UpdateDocument", { id: story.agencyId, expectedVersion: 1, document: odd }, keys.agency);
    expect(event.args.document).to.equal(odd);
  });

  it("2.2.11 deploy keys lay in the repository: the deployer's key opens nothing", async () => {
    const { Directory, Roles } = story.contracts;
    await refused(Directory.connect(story.deployer).register(ZERO_WORD, story.deployer.address, ZERO_WORD, ZERO_WORD), "DirectoryNotCouncil", "Directory");
    await refused(Roles.connect(story.deployer).councilAdmit(story.gateId, NOBODY, story.until), "SuccessionNotCouncil", "Roles");
    expect(await story.contracts.Council.isMember(`0x01${story.deployer.address.slice(2)}`)).to.equal(false);
  });

  it("2.3 versions were compared as text, so the tenth never came: numbers are numbers", async () => {
    for (let version = 1; version <= 11; version++) await story.send(await update(version, `v${version}`));
    expect((await dids.recordOf(story.agencyId)).version).to.equal(12);
  });

  it("2.4 the first writer of an empty ledger became its root: an empty registry takes nobody", async () => {
    const empty = await World.found();
    const founder = key("first come");
    const message = { controller: founder.controller, salt: salt("first"), agency: ZERO_ID, document: documentOf("first") };
    await expect(empty.submit("CreateOrganisation", message, founder, founder)).to.be.revertedWithCustomError(empty.contracts.DidRegistry, "DidRegistryNotEndorser");
    const grantor = { grantor: ZERO_ID, grantorSeq: 0, agency: story.gateId, typeId: TYPE, expectedSeq: 1, from: 1, until: 2, mayIssue: true, mayAccredit: true };
    await expect(empty.submit("Accredit", grantor, founder)).to.be.revertedWithCustomError(empty.contracts.AccreditationRegistry, "AccreditationNotController");
    const root = { root: ZERO_ID, agency: story.gateId, endorser: NOBODY, until: (await empty.now()) + YEAR, nonce: 0n };
    await expect(empty.submit("AdmitAgency", root, founder)).to.be.revertedWithCustomError(empty.contracts.Roles, "RolesNotController");
  });
});
