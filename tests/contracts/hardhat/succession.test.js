// Replacement without proxies: the old generation reads and never writes, the new one continues where it stood.
import { expect } from "chai";
import { encodeBytes32String, keccak256 } from "ethers";
import { key } from "../support/keys.js";
import { OPERATIONS } from "../support/operations.js";
import { Story, thumbprint, TYPE, VCT } from "../support/story.js";
import { APPROVE, codeOf, DAY, documentOf, HOUR, NOBODY, ROLE, salt, YEAR, ZERO_WORD } from "../support/world.js";

const PLANE = 512;
/** A list stays in the registry that opened it, and writable there. */
const STAYS = ["Revoke", "Suspend", "Lift", "AnchorSnapshot"];

describe("Succession", () => {
  let story;
  let keys;
  let start;
  let old;

  before(async () => {
    story = await Story.tell();
    ({ keys } = story);
  });
  beforeEach(async () => {
    start = await story.snapshot();
    old = { ...story.contracts };
  });
  afterEach(() => story.restore(start));

  const councilBirth = () => [story.council.map((member) => member.controller), story.threshold, 1n, true];
  const succeed = (name) => story.succeed(name, name === "Council" ? councilBirth() : []);

  for (const [kind, example] of Object.entries(OPERATIONS)) {
    if (STAYS.includes(kind)) continue;
    it(`makes the old contract refuse ${kind}, which the new one takes`, async () => {
      await example.prepare?.(story);
      const before = story.contractOf(kind);
      const name = Object.keys(story.contracts).find((peer) => story.contracts[peer] === before);
      const next = await succeed(name);
      const message = await example.message(story);
      const late = await story.sign(kind, message, example.keys(story), { contract: before });
      await expect(story.send(late)).to.be.revertedWithCustomError(before, "SuccessionNotCurrent").withArgs(encodeBytes32String(name), await next.getAddress());
      if (kind !== "Vote" && kind !== "Pause") {
        // What was signed for the old contract is nothing to the new one.
        const moved = { ...late, contract: next };
        await expect(story.send(moved)).to.be.revertedWithCustomError(next, "SignatureInvalid");
      }
      await story.submit(kind, message, ...example.keys(story));
    });
  }

  describe("of DidRegistry", () => {
    const update = (id, expectedVersion, signer) => story.submit("UpdateDocument", { id, expectedVersion, document: documentOf(`v${expectedVersion}`) }, signer);

    it("shows the old records until they are first written, then goes on from them", async () => {
      const before = await old.DidRegistry.recordOf(story.agencyId);
      const next = await succeed("DidRegistry");
      expect([...(await next.recordOf(story.agencyId))]).to.deep.equal([...before]);
      const [event] = await story.done("UpdateDocument", { id: story.agencyId, expectedVersion: 1, document: documentOf("v2") }, keys.agency);
      expect([event.args.version, event.args.previousDigest, event.args.previousBlock]).to.deep.equal([2n, before.historyDigest, before.blockNumber]);
      expect((await next.recordOf(story.agencyId)).version).to.equal(2);
      expect([...(await old.DidRegistry.recordOf(story.agencyId))]).to.deep.equal([...before]);
    });

    it("keeps a holder's guardian, and lets it act", async () => {
      const next = await succeed("DidRegistry");
      expect((await next.recordOf(story.holderId)).guardian).to.equal(story.agencyId);
      await story.submit("DeactivateHolder", { id: story.holderId, guardian: story.agencyId }, keys.desk);
      const now = await next.recordOf(story.holderId);
      expect([now.status, now.version, now.guardian]).to.deep.equal([0x22n, 2n, story.agencyId]);
    });

    it("moves nothing when it is told again that a holder has ended", async () => {
      const end = () => story.done("DeactivateHolder", { id: story.holderId, guardian: story.agencyId }, keys.desk);
      await end();
      const next = await succeed("DidRegistry");
      expect(await end()).to.deep.equal([]);
      const { slot } = (await story.layoutOf("DidRegistry"))._records;
      const record = BigInt(keccak256(story.ethers.AbiCoder.defaultAbiCoder().encode(["bytes20", "uint256"], [story.holderId, slot])));
      for (const offset of [0n, 1n, 2n]) {
        const cell = `0x${(record + offset).toString(16)}`;
        expect(await story.provider.request({ method: "eth_getStorageAt", params: [await next.getAddress(), cell, "latest"] })).to.equal(ZERO_WORD);
      }
    });

    it("refuses to create an id that any generation knows", async () => {
      const next = await succeed("DidRegistry");
      const again = () => story.createOrganisation("agency", keys.agency, story.ministryId, keys.endorser);
      await expect(again()).to.be.revertedWithCustomError(next, "DidRegistryExists").withArgs(story.agencyId);
      await succeed("DidRegistry");
      await expect(again()).to.be.revertedWithCustomError(next, "DidRegistryExists").withArgs(story.agencyId);
    });

    it("lets a retired key take nothing back", async () => {
      const next = await succeed("DidRegistry");
      const transfer = { id: story.agencyId, expectedVersion: 1, newController: keys.successor.controller, document: documentOf("moved") };
      await story.submit("TransferControl", transfer, keys.agency, keys.successor);
      // The old generation still shows the old key; nobody listens to it.
      expect((await old.DidRegistry.recordOf(story.agencyId)).controller).to.equal(keys.agency.controller);
      const back = await story.sign("TransferControl", { ...transfer, newController: keys.agency.controller }, [keys.agency, keys.agency], { contract: old.DidRegistry });
      await expect(story.send(back)).to.be.revertedWithCustomError(old.DidRegistry, "SuccessionNotCurrent");
      await expect(update(story.agencyId, 1, keys.agency)).to.be.revertedWithCustomError(next, "DidRegistryNotController");
      expect(await next.authorize(story.agencyId, keys.agency.controller)).to.equal(false);
      for (const role of Object.values(ROLE)) {
        expect(await story.contracts.Roles.isAuthorised(story.agencyId, role, keys.agency.controller)).to.equal(false);
        expect(await story.contracts.Roles.isAuthorised(story.agencyId, role, keys.successor.controller)).to.equal(true);
      }
    });

    it("keeps the dead dead, whichever generation buried them", async () => {
      await story.submit("DeactivateDid", { id: story.gateId, expectedVersion: 1 }, keys.gate);
      const next = await succeed("DidRegistry");
      await expect(update(story.gateId, 2, keys.gate)).to.be.revertedWithCustomError(next, "DidRegistryDeactivated");
      await story.submit("DeactivateDid", { id: story.agencyId, expectedVersion: 1 }, keys.agency);
      await succeed("DidRegistry");
      await expect(update(story.agencyId, 2, keys.agency)).to.be.revertedWithCustomError(next, "DidRegistryDeactivated");
      expect(await story.contracts.DidRegistry.authorize(story.agencyId, keys.agency.controller)).to.equal(false);
    });

    it("holds the earliest compromise mark of all generations", async () => {
      const at = (await story.now()) - DAY;
      const mark = (since) => story.done("MarkCompromised", { id: story.agencyId, keyThumbprint: thumbprint("k"), since, reporter: story.agencyId, typeId: ZERO_WORD, seq: 0 }, keys.agency);
      const since = () => story.contracts.DidRegistry.compromisedSince(story.agencyId, thumbprint("k"));
      await mark(at);
      await succeed("DidRegistry");
      expect(await since()).to.equal(at);
      expect(await mark(at + HOUR)).to.deep.equal([]);
      expect(await since()).to.equal(at);
      await mark(at - HOUR);
      await succeed("DidRegistry");
      expect(await since()).to.equal(at - HOUR);
      expect(await mark(at)).to.deep.equal([]);
      // The middle generation never learnt of later marks, and cannot be told any.
      expect(await old.DidRegistry.compromisedSince(story.agencyId, thumbprint("k"))).to.equal(at);
    });

    it("works over three generations for the rest of the registry", async () => {
      await succeed("DidRegistry");
      await update(story.agencyId, 1, keys.agency);
      await succeed("DidRegistry");
      await update(story.agencyId, 2, keys.agency);
      expect((await story.contracts.DidRegistry.recordOf(story.agencyId)).version).to.equal(3);
      await story.createHolder("after", key("after"), story.agencyId, keys.agencyEndorser);
      await story.submit("Revoke", { list: story.list, startWord: 0, masks: [1n] }, keys.desk);
    });
  });

  describe("of StatusRegistry", () => {
    const revoke = (list, contract) => story.sign("Revoke", { list, startWord: 2, masks: [1n] }, [keys.desk], { contract });

    it("leaves a list in the registry that opened it, writable there and nowhere else", async () => {
      const next = await succeed("StatusRegistry");
      await expect(story.send(await revoke(story.list, next))).to.be.revertedWithCustomError(next, "StatusRegistryUnknownList");
      await story.send(await revoke(story.list, old.StatusRegistry));
      expect((await next.words(story.list, 2, 1))[0]).to.equal(1n);
      expect((await next.listOf(story.list)).seq).to.equal(1);
      expect(await next.registryOf(story.list)).to.equal(await old.StatusRegistry.getAddress());
    });

    it("opens new lists in the new one only, under ids of their own", async () => {
      const next = await succeed("StatusRegistry");
      const late = await story.sign("OpenList", { owner: story.agencyId, salt: salt("late") }, [keys.desk], { contract: old.StatusRegistry });
      await expect(story.send(late)).to.be.revertedWithCustomError(old.StatusRegistry, "SuccessionNotCurrent");
      await story.submit("OpenList", { owner: story.agencyId, salt: salt("list") }, keys.desk);
      const list = await story.listId(story.agencyId, "list");
      expect(list).to.not.equal(story.list);
      await story.send(await revoke(list, next));
      expect(await next.registryOf(list)).to.equal(await next.getAddress());
      expect((await next.words(story.list, 2, 1))[0]).to.equal(0n);
      await expect(story.send(await revoke(list, old.StatusRegistry))).to.be.revertedWithCustomError(next, "StatusRegistryUnknownList");
    });

    it("asks the present Roles for every list: a desk that was dismissed is out in all generations", async () => {
      await succeed("StatusRegistry");
      await succeed("Roles");
      await story.endRole(ROLE.StatusOperator, keys.desk);
      await expect(story.send(await revoke(story.list, old.StatusRegistry))).to.be.revertedWithCustomError(old.StatusRegistry, "StatusRegistryNotOperator");
    });

    it("keeps what was suspended liftable", async () => {
      const masks = [6n];
      await story.submit("Suspend", { list: story.list, startWord: 1, masks, nonce: 0n }, keys.desk);
      const next = await succeed("StatusRegistry");
      expect((await next.words(story.list, PLANE + 1, 1))[0]).to.equal(6n);
      const nonce = await old.StatusRegistry.nonces(`0x${keys.desk.controller.slice(4)}`, 0);
      await story.send(await story.sign("Lift", { list: story.list, startWord: 1, masks, nonce }, [keys.desk], { contract: old.StatusRegistry }));
      expect((await next.words(story.list, PLANE + 1, 1))[0]).to.equal(0n);
    });
  });

  it("of Roles keeps admissions and terms, and what it ends stays ended", async () => {
    const before = await old.Roles.admissionOf(story.agencyId);
    const next = await succeed("Roles");
    expect([...(await next.admissionOf(story.agencyId))]).to.deep.equal([...before]);
    expect(await next.isAuthorised(story.agencyId, ROLE.StatusOperator, keys.desk.controller)).to.equal(true);
    await story.endRole(ROLE.StatusOperator, keys.desk);
    await story.decide("Dismiss", story.agencyId);
    await succeed("Roles");
    expect(await story.contracts.Roles.isAuthorised(story.agencyId, ROLE.StatusOperator, keys.desk.controller)).to.equal(false);
    expect(await story.contracts.Roles.isAdmitted(story.agencyId)).to.equal(false);
    await expect(story.createOrganisation("x", keys.successor, story.agencyId, keys.agencyEndorser)).to.be.revertedWithCustomError(story.contracts.DidRegistry, "DidRegistryNotEndorser");
  });

  it("of AccreditationRegistry numbers on, and ends grants of before for good", async () => {
    const next = await succeed("AccreditationRegistry");
    const now = await story.now();
    expect((await next.pathAt(story.agencyId, TYPE, now)).valid).to.equal(true);
    await story.submit("EndGrant", { grantor: story.ministryId, agency: story.agencyId, typeId: TYPE, seq: 1, endedAt: now, nonce: 0n }, keys.ministry);
    expect((await next.pathAt(story.agencyId, TYPE, now)).valid).to.equal(false);
    const renewal = { grantor: story.ministryId, grantorSeq: 1, agency: story.agencyId, typeId: TYPE, expectedSeq: 2, from: now, until: story.until, mayIssue: true, mayAccredit: false };
    await story.submit("Accredit", renewal, keys.ministry);
    await succeed("AccreditationRegistry");
    const { AccreditationRegistry } = story.contracts;
    expect(await AccreditationRegistry.countOf(story.agencyId, TYPE)).to.equal(2);
    expect((await AccreditationRegistry.grantOf(story.agencyId, TYPE, 1)).endedAt).to.equal(now);
    expect((await AccreditationRegistry.pathAt(story.agencyId, TYPE, now)).path.map(({ seq }) => seq)).to.deep.equal([2n, 1n]);
  });

  it("of IssuanceLog numbers on over all generations", async () => {
    const anchor = (seq) => story.submit("AnchorIssuance", { agency: story.agencyId, expectedSeq: seq, root: keccak256("0x01"), count: seq }, keys.issuer);
    for (const seq of [1, 2]) await anchor(seq);
    await succeed("IssuanceLog");
    for (const seq of [3, 4]) await anchor(seq);
    await succeed("IssuanceLog");
    const log = story.contracts.IssuanceLog;
    expect(await log.countOf(story.agencyId)).to.equal(4);
    await expect(anchor(4)).to.be.revertedWithCustomError(log, "IssuanceLogStaleSeq").withArgs(4, 5);
    expect(await log.digestOf(story.agencyId, 1)).to.equal(await old.IssuanceLog.digestOf(story.agencyId, 1));
    expect(await log.digestOf(story.agencyId, 4)).to.not.equal(ZERO_WORD);
  });

  it("of SchemaRegistry and ServiceRegistry numbers versions on", async () => {
    const service = async (expectedVersion) => story.submit("SetService", { typeId: TYPE, code: codeOf("G"), expectedVersion, verifier: story.gateId, from: await story.now(), until: story.until, document: documentOf("svc") }, keys.ministry);
    await service(1);
    await succeed("SchemaRegistry");
    await succeed("ServiceRegistry");
    await story.submit("RegisterSchema", { owner: story.ministryId, vct: VCT, expectedVersion: 2, document: documentOf("s2") }, keys.ministry);
    await service(2);
    const { SchemaRegistry, ServiceRegistry } = story.contracts;
    expect([...(await SchemaRegistry.typeOf(TYPE))]).to.deep.equal([story.ministryId, 2n]);
    expect([...(await SchemaRegistry.digestOf(TYPE, 1))]).to.deep.equal([...(await old.SchemaRegistry.digestOf(TYPE, 1))]);
    await story.submit("EndService", { typeId: TYPE, code: codeOf("G"), expectedVersion: 2, endedAt: await story.now() }, keys.ministry);
    expect((await ServiceRegistry.serviceOf(TYPE, codeOf("G"))).version).to.equal(2);
  });

  it("of the Council ends the old one's word everywhere", async () => {
    const admit = await story.proposal("Admit", story.organisationId(key("n"), "n"), NOBODY, (await story.now()) + YEAR);
    await story.vote(admit, APPROVE, ...story.council.slice(0, 2));
    await story.advance(DAY);
    const members = ["x", "y", "z"].map((label) => key(`new council ${label}`));
    await story.succeed("Council", [members.map((member) => member.controller), 2, 1n, true]);
    await expect(old.Council.connect(story.relayer).executeProposal(admit)).to.be.revertedWithCustomError(old.Council, "SuccessionNotCurrent");
    await expect(story.decide("Dismiss", story.agencyId)).to.be.revertedWithCustomError(old.Council, "CouncilNotMember");
    story.council = members;
    await story.decide("Dismiss", story.agencyId);
    expect(await story.contracts.Roles.isAdmitted(story.agencyId)).to.equal(false);
  });

  it("waits for the end of a pause", async () => {
    const next = await story.deployPeer("DidRegistry", await old.DidRegistry.getAddress());
    const target = await next.getAddress();
    const codeHash = keccak256(await story.provider.request({ method: "eth_getCode", params: [target, "latest"] }));
    const proposal = await story.proposal("Directory", encodeBytes32String("DidRegistry"), target, codeHash, ZERO_WORD);
    await story.vote(proposal, APPROVE, ...story.council.slice(0, 2));
    const until = (await story.now()) + HOUR;
    await story.submit("Pause", { epoch: 1, until }, story.council[0]);
    await story.advance(60n);
    await expect(story.execute(proposal)).to.be.revertedWithCustomError(old.Council, "SuccessionPaused").withArgs(until);
    await story.advance(HOUR);
    await story.execute(proposal);
    expect(await story.contracts.Directory.isCurrent(encodeBytes32String("DidRegistry"), target)).to.equal(true);
  });
});
