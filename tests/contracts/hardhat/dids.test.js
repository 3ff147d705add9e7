// DIDs of organisations and holders: ids nobody can squat, versions, history digests, endings, stolen keys.
import { expect } from "chai";
import { concat, sha256, toBeHex } from "ethers";
import { key } from "../support/keys.js";
import { Story, thumbprint, TYPE } from "../support/story.js";
import { DAY, didId, documentOf, HOUR, NOBODY, ROLE, salt, YEAR, ZERO_ID, ZERO_WORD } from "../support/world.js";

const ORGANISATION = 0x11n;
const HOLDER = 0x21n;
const DEACTIVATED = 0x01n;

describe("DidRegistry", () => {
  let story;
  let dids;
  let keys;
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

  const refused = (promise, error) => expect(promise).to.be.revertedWithCustomError(dids, error);
  const record = (id) => dids.recordOf(id);
  const blockNow = async () => {
    const block = await story.provider.request({ method: "eth_getBlockByNumber", params: ["latest", false] });
    return { number: BigInt(block.number), time: BigInt(block.timestamp) };
  };
  /** The second slot as it is stored, rebuilt from the view. */
  const packed = ({ controller, version, status, blockNumber }) =>
    concat([controller, toBeHex(version, 4), toBeHex(status, 1), toBeHex(blockNumber, 6)]);
  const historyDigest = (previous, content, now, time) => sha256(concat([previous, content, packed(now), toBeHex(time, 8)]));

  it("computes an id from controller and salt alone, different for organisations and holders", async () => {
    expect((await record(story.agencyId)).status).to.equal(ORGANISATION);
    expect((await record(story.holderId)).status).to.equal(HOLDER);
    expect(didId(1, story.holder.controller, salt("holder"))).to.not.equal(story.holderId);
  });

  it("lets one key hold many DIDs", async () => {
    await story.createOrganisation("one", keys.successor, story.agencyId, keys.agencyEndorser);
    await story.createOrganisation("two", keys.successor, story.agencyId, keys.agencyEndorser);
    expect((await record(story.organisationId(keys.successor, "one"))).version).to.equal(1);
    expect((await record(story.organisationId(keys.successor, "two"))).version).to.equal(1);
  });

  it("shows nothing for an id that was never created", async () => {
    const unknown = await record(`0x${"77".repeat(20)}`);
    expect([...unknown]).to.deep.equal([ZERO_WORD, NOBODY, 0n, 0n, 0n, ZERO_ID]);
    expect(await dids.authorize(`0x${"77".repeat(20)}`, keys.agency.controller)).to.equal(false);
    await refused(story.submit("UpdateDocument", { id: `0x${"77".repeat(20)}`, expectedVersion: 0, document: "0x00" }, keys.agency), "DidRegistryUnknown");
    await refused(story.submit("DeactivateHolder", { id: `0x${"77".repeat(20)}`, guardian: story.agencyId }, keys.desk), "DidRegistryUnknown");
  });

  it("digests the whole history: creation, update, transfer, deactivation", async () => {
    const own = key("historian");
    const id = story.organisationId(own, "history");
    let previous = ZERO_WORD;
    const follow = async (content) => {
      const { time, number } = await blockNow();
      const now = await record(id);
      previous = historyDigest(previous, content, now, time);
      expect(now.historyDigest).to.equal(previous);
      expect(now.blockNumber).to.equal(number);
      return now;
    };
    await story.createOrganisation("history", own, story.agencyId, keys.agencyEndorser);
    const first = await follow(sha256(documentOf("history")));
    await story.advance(HOUR);
    const [updated] = await story.done("UpdateDocument", { id, expectedVersion: 1, document: documentOf("second") }, own);
    expect(updated.args.previousDigest).to.equal(first.historyDigest);
    expect(updated.args.previousBlock).to.equal(first.blockNumber);
    await follow(sha256(documentOf("second")));
    const transfer = { id, expectedVersion: 2, newController: keys.successor.controller, document: documentOf("third") };
    const [transferred] = await story.done("TransferControl", transfer, own, keys.successor);
    expect(transferred.args.previousController).to.equal(own.controller);
    const third = await follow(sha256(documentOf("third")));
    expect(third.controller).to.equal(keys.successor.controller);
    await story.submit("DeactivateDid", { id, expectedVersion: 3 }, keys.successor);
    const last = await follow(sha256("0x"));
    expect(last.version).to.equal(4);
    expect(last.status).to.equal(ORGANISATION + DEACTIVATED);
  });

  it("digests a holder's key, salt and guardian", async () => {
    const phone = key("another phone");
    await story.createHolder("another phone", phone, story.agencyId, keys.agencyEndorser);
    const now = await record(didId(2, phone.controller, salt("another phone")));
    const content = sha256(concat([phone.x, phone.y, salt("another phone"), story.agencyId]));
    expect(now.historyDigest).to.equal(historyDigest(ZERO_WORD, content, now, (await blockNow()).time));
    expect(now.guardian).to.equal(story.agencyId);
  });

  it("takes documents of 1 to 8192 bytes", async () => {
    const attempt = (document) => story.submit("UpdateDocument", { id: story.agencyId, expectedVersion: 1, document }, keys.agency);
    await expect(attempt("0x")).to.be.revertedWithCustomError(dids, "DidRegistryDocumentSize").withArgs(0);
    await expect(attempt(documentOf("big", 8193))).to.be.revertedWithCustomError(dids, "DidRegistryDocumentSize").withArgs(8193);
    await attempt(documentOf("big", 8192));
  });

  it("deactivates for good: nothing moves the DID again, and its key stops acting", async () => {
    await story.submit("DeactivateDid", { id: story.agencyId, expectedVersion: 1 }, keys.agency);
    await refused(story.submit("UpdateDocument", { id: story.agencyId, expectedVersion: 2, document: "0x00" }, keys.agency), "DidRegistryDeactivated");
    const transfer = { id: story.agencyId, expectedVersion: 2, newController: keys.successor.controller, document: "0x00" };
    await refused(story.submit("TransferControl", transfer, keys.agency, keys.successor), "DidRegistryDeactivated");
    await refused(story.createOrganisation("agency", keys.agency, story.ministryId, keys.endorser), "DidRegistryExists");
    expect(await dids.authorize(story.agencyId, keys.agency.controller)).to.equal(false);
    const may = (role, signer) => story.contracts.Roles.isAuthorised(story.agencyId, role, signer.controller);
    for (const role of Object.values(ROLE)) expect(await may(role, keys.agency)).to.equal(false);
    expect(await may(ROLE.Endorser, keys.agencyEndorser)).to.equal(false);
    // The desk stays until its term ends: what a dissolved agency issued can still be revoked.
    expect(await may(ROLE.StatusOperator, keys.desk)).to.equal(true);
  });

  describe("holders", () => {
    it("have no document to change and cannot be handed over", async () => {
      await refused(story.submit("UpdateDocument", { id: story.holderId, expectedVersion: 1, document: "0x00" }, story.holder), "DidRegistryNotOrganisation");
      const transfer = { id: story.holderId, expectedVersion: 1, newController: keys.successor.controller, document: "0x00" };
      await refused(story.submit("TransferControl", transfer, story.holder, keys.successor), "DidRegistryNotOrganisation");
    });

    it("may end themselves", async () => {
      await story.submit("DeactivateDid", { id: story.holderId, expectedVersion: 1 }, story.holder);
      expect((await record(story.holderId)).status).to.equal(HOLDER + DEACTIVATED);
    });

    it("are ended by the guardian's desk or controller, in the guardian's name", async () => {
      const [event] = await story.done("DeactivateHolder", { id: story.holderId, guardian: story.agencyId }, keys.agency);
      expect(event.args.actingFor).to.equal(story.agencyId);
      expect(event.args.by).to.equal(keys.agency.controller);
      expect((await record(story.holderId)).controller).to.equal(story.holder.controller);
    });

    it("are ended by no other agency, and by no endorser or issuer", async () => {
      await refused(story.submit("DeactivateHolder", { id: story.holderId, guardian: story.gateId }, keys.gate), "DidRegistryNotGuardian");
      await refused(story.submit("DeactivateHolder", { id: story.holderId, guardian: ZERO_ID }, keys.gate), "DidRegistryNotGuardian");
      for (const signer of [keys.agencyEndorser, keys.issuer, keys.ministry]) {
        await refused(story.submit("DeactivateHolder", { id: story.holderId, guardian: story.agencyId }, signer), "DidRegistryNotStatusOperator");
      }
    });

    it("are the only ones whom a guardian may end", async () => {
      await refused(story.submit("DeactivateHolder", { id: story.gateId, guardian: story.agencyId }, keys.desk), "DidRegistryNotGuardian");
      await refused(story.submit("DeactivateHolder", { id: story.gateId, guardian: ZERO_ID }, keys.desk), "DidRegistryNotGuardian");
    });

    it("need a guardian that is an active organisation", async () => {
      const phone = key("p");
      await refused(story.createHolder("p", phone, story.holderId, keys.agencyEndorser), "DidRegistryNotGuardian");
      await refused(story.createHolder("p", phone, `0x${"77".repeat(20)}`, keys.agencyEndorser), "DidRegistryNotGuardian");
      await story.submit("DeactivateDid", { id: story.agencyId, expectedVersion: 1 }, keys.agency);
      await refused(story.createHolder("p", phone, story.agencyId, keys.agencyEndorser), "DidRegistryNotGuardian");
    });

    it("are endorsed in their guardian's name and nobody else's", async () => {
      await refused(story.createHolder("p", key("p"), story.gateId, keys.agencyEndorser), "DidRegistryNotEndorser");
    });

    it("sign with the phone's P-256 key: no other kind of key can be one", async () => {
      const message = { x: key("p").x, y: key("p").y, salt: salt("p"), guardian: story.agencyId };
      await refused(story.submit("CreateHolder", message, key("p", "secp256k1"), keys.agencyEndorser), "DidRegistryNotController");
    });
  });

  describe("endorsement", () => {
    it("counts only from an agency that is admitted now", async () => {
      const create = () => story.createOrganisation("new", keys.successor, story.agencyId, keys.agencyEndorser);
      await story.submit("DismissAgency", { root: story.ministryId, agency: story.agencyId, nonce: await story.nonce("Roles", keys.ministry) }, keys.ministry);
      await refused(create(), "DidRegistryNotEndorser");
      await refused(story.createOrganisation("new", keys.successor, story.agencyId, keys.agency), "DidRegistryNotEndorser");
    });

    it("stops with the root's admission", async () => {
      await story.decide("Dismiss", story.ministryId);
      await refused(story.createOrganisation("new", keys.successor, story.agencyId, keys.agencyEndorser), "DidRegistryNotEndorser");
    });

    it("is not revived by a new admission: the endorsers of before stay out", async () => {
      await story.submit("DismissAgency", { root: story.ministryId, agency: story.agencyId, nonce: await story.nonce("Roles", keys.ministry) }, keys.ministry);
      const admit = { root: story.ministryId, agency: story.agencyId, endorser: NOBODY, until: (await story.now()) + YEAR, nonce: await story.nonce("Roles", keys.ministry) };
      await story.submit("AdmitAgency", admit, keys.ministry);
      await refused(story.createOrganisation("new", keys.successor, story.agencyId, keys.agencyEndorser), "DidRegistryNotEndorser");
      await story.createOrganisation("new", keys.successor, story.agencyId, keys.agency);
    });

    it("takes signatures of both kinds in one operation, in either order", async () => {
      const ethereum = key("ethereum", "secp256k1");
      await story.createOrganisation("mixed one", ethereum, story.agencyId, keys.agencyEndorser);
      await story.grantRole(ROLE.Endorser, ethereum);
      await story.createOrganisation("mixed two", keys.successor, story.agencyId, ethereum);
    });

    it("may be given by the agency's controller", async () => {
      await story.createOrganisation("new", keys.successor, story.agencyId, keys.agency);
    });
  });

  describe("stolen keys", () => {
    const mark = async (reporter, signer, { since, seq = 0, typeId = ZERO_WORD, id = story.agencyId } = {}) =>
      story.submit("MarkCompromised", { id, keyThumbprint: thumbprint("k"), since: since ?? (await story.now()) - DAY, reporter, typeId, seq }, signer);

    it("are marked from a time that only moves earlier", async () => {
      const at = (await story.now()) - DAY;
      await mark(story.agencyId, keys.agency, { since: at });
      expect(await dids.compromisedSince(story.agencyId, thumbprint("k"))).to.equal(at);
      const later = await mark(story.agencyId, keys.agency, { since: at + HOUR });
      expect(await story.eventsOf(later)).to.deep.equal([]);
      await mark(story.agencyId, keys.agency, { since: at - HOUR });
      expect(await dids.compromisedSince(story.agencyId, thumbprint("k"))).to.equal(at - HOUR);
    });

    it("are marked by a grantor of any grant, ended or not", async () => {
      const grant = { grantor: story.ministryId, agency: story.agencyId, typeId: TYPE, seq: 1 };
      const nonce = await story.nonce("AccreditationRegistry", keys.ministry);
      await story.submit("EndGrant", { ...grant, endedAt: await story.now(), nonce }, keys.ministry);
      const [event] = await story.eventsOf(await mark(story.ministryId, keys.ministry, { typeId: TYPE, seq: 1 }));
      expect(event.args.reporter).to.equal(story.ministryId);
    });

    it("are marked by nobody who never gave a grant, and not in the council's name", async () => {
      await refused(mark(story.gateId, keys.gate, { typeId: TYPE, seq: 1 }), "DidRegistryNotGrantor");
      await refused(mark(story.ministryId, keys.ministry, { typeId: TYPE, seq: 2 }), "DidRegistryNotGrantor");
      await refused(mark(ZERO_ID, keys.ministry, { typeId: TYPE, seq: 1, id: story.ministryId }), "DidRegistryNotController");
      await refused(mark(story.ministryId, keys.agency, { typeId: TYPE, seq: 1 }), "DidRegistryNotController");
    });

    it("are marked at a real time and under a real thumbprint", async () => {
      await refused(mark(story.agencyId, keys.agency, { since: 0n }), "DidRegistryInvalidSince");
      await refused(mark(story.agencyId, keys.agency, { since: (await story.now()) + HOUR }), "DidRegistryInvalidSince");
      const nothing = { id: story.agencyId, keyThumbprint: ZERO_WORD, since: 1, reporter: story.agencyId, typeId: ZERO_WORD, seq: 0 };
      await refused(story.submit("MarkCompromised", nothing, keys.agency), "DidRegistryInvalidThumbprint");
    });

    it("are told of even by a DID that has ended", async () => {
      await story.submit("DeactivateDid", { id: story.agencyId, expectedVersion: 1 }, keys.agency);
      await mark(story.agencyId, keys.agency);
      expect(await dids.compromisedSince(story.agencyId, thumbprint("k"))).to.not.equal(0);
    });
  });
});
