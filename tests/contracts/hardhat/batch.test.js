// Batches and the open mempool: one bad item stops nobody, and whoever is first gains nothing.
import { expect } from "chai";
import { key } from "../support/keys.js";
import { Story } from "../support/story.js";
import { didId, documentOf, salt } from "../support/world.js";

describe("A batch", () => {
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

  const phone = (label) => key(`phone ${label}`);
  const creation = (label, endorser = keys.agencyEndorser) => {
    const { x, y } = phone(label);
    return story.sign("CreateHolder", { x, y, salt: salt(label), guardian: story.agencyId }, [phone(label), endorser]);
  };
  const idOf = (label) => didId(2, phone(label).controller, salt(label));
  const batch = async (items) => {
    const { DidRegistry } = story.contracts;
    return story.eventsOf(await DidRegistry.connect(story.relayer).batch(items));
  };
  const version = async (id) => (await story.contracts.DidRegistry.recordOf(id)).version;

  it("skips a bad item, says which and why, and does the rest", async () => {
    const good = await Promise.all(["a", "b", "c"].map((label) => creation(label)));
    const bad = await creation("bad", keys.stranger);
    const items = [good[0], bad, good[1], good[0], good[2]].map((one) => story.calldata(one));
    const events = await batch(items);
    expect(events.map(({ name }) => name)).to.deep.equal(["HolderCreated", "OperationSkipped", "HolderCreated", "OperationSkipped", "HolderCreated"]);
    const reasons = events.filter(({ name }) => name === "OperationSkipped").map(({ args }) => [args.position, story.contracts.DidRegistry.interface.parseError(args.reason).name]);
    expect(reasons).to.deep.equal([[1n, "DidRegistryNotEndorser"], [3n, "DidRegistryExists"]]);
    for (const label of ["a", "b", "c"]) expect(await version(idOf(label))).to.equal(1);
    expect(await version(idOf("bad"))).to.equal(0);
  });

  it("survives items that are no operations at all", async () => {
    const good = story.calldata(await creation("good"));
    const { interface: abi } = story.contracts.DidRegistry;
    const council = abi.encodeFunctionData("councilCompromise", [story.agencyId, salt("k"), 1]);
    const events = await batch(["0x", "0x00", "0xdeadbeef", `0x${"ff".repeat(512)}`, good.slice(0, 200), council, good]);
    expect(events.map(({ name }) => name)).to.deep.equal([...Array(6).fill("OperationSkipped"), "HolderCreated"]);
    expect(await story.contracts.DidRegistry.compromisedSince(story.agencyId, salt("k"))).to.equal(0);
  });

  it("gives its sender no authority, not even nested in itself", async () => {
    const { interface: abi } = story.contracts.DidRegistry;
    const council = abi.encodeFunctionData("councilCompromise", [story.agencyId, salt("k"), 1]);
    const nested = abi.encodeFunctionData("batch", [[council, story.calldata(await creation("inner"))]]);
    const events = await batch([nested]);
    expect(events.map(({ name }) => name)).to.deep.equal(["OperationSkipped", "HolderCreated"]);
    expect(await story.contracts.DidRegistry.compromisedSince(story.agencyId, salt("k"))).to.equal(0);
  });

  it("carries a version forward item by item", async () => {
    const updates = await Promise.all(
      [1, 2, 3].map((expectedVersion) => story.sign("UpdateDocument", { id: story.agencyId, expectedVersion, document: documentOf(`v${expectedVersion}`) }, [keys.agency])),
    );
    await batch(updates.map((one) => story.calldata(one)));
    expect(await version(story.agencyId)).to.equal(4);
  });

  it("is refused by nobody for being empty", async () => {
    expect(await batch([])).to.deep.equal([]);
  });

  it("holds a hundred signed creations within the gas that one transaction may use", async () => {
    const signed = await Promise.all(Array.from({ length: 100 }, (_, i) => creation(`many ${i}`)));
    const transaction = await story.contracts.DidRegistry.connect(story.relayer).batch(signed.map((one) => story.calldata(one)), { gasLimit: 16_777_216 });
    const receipt = await transaction.wait();
    expect(receipt.logs).to.have.length(100);
    expect(receipt.gasUsed < 16_777_216n).to.equal(true);
  });
});

describe("Front-running", () => {
  it("of a creation wins nothing: the id needs the key, and the copy makes the same DID", async () => {
    const story = await Story.tell();
    const { keys } = story;
    const thief = key("thief");
    const victim = keys.successor;
    const good = await story.sign("CreateOrganisation", { controller: victim.controller, salt: salt("v"), agency: story.agencyId, document: documentOf("v") }, [victim, keys.agencyEndorser]);
    // The same id under another controller, the same signatures for another key, another document: each is refused.
    const { DidRegistry } = story.contracts;
    const stolen = { ...good, message: { ...good.message, controller: thief.controller } };
    await expect(story.send(stolen)).to.be.revertedWithCustomError(DidRegistry, "SignatureInvalid");
    await expect(story.submit("CreateOrganisation", good.message, thief, keys.agencyEndorser)).to.be.revertedWithCustomError(DidRegistry, "DidRegistryNotController");
    const ownId = didId(1, thief.controller, salt("v"));
    expect(ownId).to.not.equal(didId(1, victim.controller, salt("v")));
    // A thief who copies the whole operation has paid for the victim's DID; the victim's own copy is told so.
    const [, , stranger] = await story.ethers.getSigners();
    await DidRegistry.connect(stranger).createOrganisation(good.message, ...good.signatures);
    expect((await DidRegistry.recordOf(didId(1, victim.controller, salt("v")))).controller).to.equal(victim.controller);
    await expect(story.send(good)).to.be.revertedWithCustomError(DidRegistry, "DidRegistryExists");
  });

  it("of an admission wins nothing: an endorser cannot create an agency without its key", async () => {
    const story = await Story.tell();
    const future = key("future agency");
    const id = story.organisationId(future, "future");
    await story.decide("Admit", id, story.keys.endorser.controller, story.until);
    const message = { controller: future.controller, salt: salt("future"), agency: id, document: documentOf("f") };
    await expect(story.submit("CreateOrganisation", message, story.keys.endorser, story.keys.endorser)).to.be.revertedWithCustomError(story.contracts.DidRegistry, "DidRegistryNotController");
    await story.submit("CreateOrganisation", message, future, story.keys.endorser);
    expect((await story.contracts.DidRegistry.recordOf(id)).controller).to.equal(future.controller);
  });
});
