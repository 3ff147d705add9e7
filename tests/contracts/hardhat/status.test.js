// Status lists: the words are the truth, revocation is for ever, one digest proves that no change is missing.
import { expect } from "chai";
import { keccak256 } from "ethers";
import { Story } from "../support/story.js";
import { salt, ZERO_ID, ZERO_WORD } from "../support/world.js";

const PLANE = 512;
const OP = { revoke: 1n, suspend: 2n, lift: 3n };
/** The mask of bit `index` of a word, most significant first. */
const bit = (index) => 1n << BigInt(255 - (index % 256));

describe("StatusRegistry", () => {
  let story;
  let lists;
  let desk;
  let start;

  before(async () => {
    story = await Story.tell();
    lists = story.contracts.StatusRegistry;
    ({ desk } = story.keys);
  });
  beforeEach(async () => {
    start = await story.snapshot();
  });
  afterEach(() => story.restore(start));

  const refused = (promise, error) => expect(promise).to.be.revertedWithCustomError(lists, error);
  const nonce = () => story.nonce("StatusRegistry", desk);
  const revoke = (startWord, masks, list = story.list) => story.done("Revoke", { list, startWord, masks }, desk);
  const suspend = async (startWord, masks) => story.done("Suspend", { list: story.list, startWord, masks, nonce: await nonce() }, desk);
  const lift = async (startWord, masks) => story.done("Lift", { list: story.list, startWord, masks, nonce: await nonce() }, desk);
  const word = async (position) => (await lists.words(story.list, position, 1))[0];
  const head = async () => (await lists.listOf(story.list)).opsHead;
  const nextHead = (previous, { seq, startWord, masks, op, time }) =>
    story.ethers.solidityPackedSha256(["bytes32", "uint64", "uint64", "uint16", "uint256[]", "uint8"], [previous, seq, time, startWord, masks, op]);

  it("opens a list whose id binds registry, owner and salt, with opsHead set", async () => {
    const found = await lists.listOf(story.list);
    expect(found.owner).to.equal(story.agencyId);
    expect(found.opsHead).to.equal(story.ethers.sha256(story.list));
    expect([found.seq, found.publishedSeq, found.publishedDigest]).to.deep.equal([0n, 0n, ZERO_WORD]);
    expect(await lists.registryOf(story.list)).to.equal(await lists.getAddress());
    expect(await lists.registryOf(ZERO_WORD)).to.equal(`0x${"00".repeat(20)}`);
    expect((await lists.listOf(ZERO_WORD)).owner).to.equal(ZERO_ID);
  });

  it("sets bits most significant first, in two planes of 512 words", async () => {
    await revoke(0, [bit(0)]);
    await revoke(511, [bit(255)]);
    await suspend(3, [bit(7)]);
    expect(await word(0)).to.equal(1n << 255n);
    expect(await word(511)).to.equal(1n);
    expect(await word(PLANE + 3)).to.equal(1n << 248n);
    expect(await word(3)).to.equal(0n);
  });

  it("never clears a revocation: lifting touches the other plane only", async () => {
    await revoke(9, [bit(1) | bit(2)]);
    await suspend(9, [bit(1)]);
    await lift(9, [bit(1) | bit(2)]);
    expect(await word(9)).to.equal(bit(1) | bit(2));
    expect(await word(PLANE + 9)).to.equal(0n);
  });

  it("chains opsHead over the bits that really changed", async () => {
    let expected = await head();
    const follow = async (events, op, startWord, masks, seq) => {
      const time = await story.now();
      expected = nextHead(expected, { seq, startWord, masks, op, time });
      expect(await head()).to.equal(expected);
      expect([events[0].args.op, events[0].args.seq, [...events[0].args.masks]]).to.deep.equal([op, BigInt(seq), masks]);
    };
    await follow(await revoke(1, [bit(0)]), OP.revoke, 1, [bit(0)], 1);
    await follow(await revoke(0, [bit(5), bit(0) | bit(1), 0n]), OP.revoke, 0, [bit(5), bit(1), 0n], 2);
    await follow(await suspend(4, [bit(0) | bit(9)]), OP.suspend, 4, [bit(0) | bit(9)], 3);
    await follow(await lift(4, [bit(9) | bit(10)]), OP.lift, 4, [bit(9)], 4);
    expect((await lists.listOf(story.list)).seq).to.equal(4);
  });

  it("moves nothing where nothing changes: revoke is silent, the others spend their nonce aloud", async () => {
    await revoke(1, [bit(0)]);
    const before = await lists.listOf(story.list);
    expect(await revoke(1, [bit(0)])).to.deep.equal([]);
    expect(await revoke(1, [0n])).to.deep.equal([]);
    const spent = await nonce();
    const [event] = await lift(1, [bit(3)]);
    expect(event.name).to.equal("StatusUnchanged");
    expect(event.args.nonce).to.equal(spent);
    expect(await nonce()).to.equal(spent + 1n);
    expect([...(await lists.listOf(story.list))]).to.deep.equal([...before]);
  });

  it("keeps inside a plane", async () => {
    for (const [startWord, count] of [[512, 1], [511, 2], [0, 513], [65535, 1], [0, 0]]) {
      await refused(story.submit("Revoke", { list: story.list, startWord, masks: Array(count).fill(1n) }, desk), "StatusRegistryOutOfRange");
    }
    await refused(lists.words(story.list, 1024, 1), "StatusRegistryOutOfRange");
    await refused(lists.words(story.list, 1, 1024), "StatusRegistryOutOfRange");
    await refused(lists.words(story.list, 0, 2n ** 256n - 1n), "StatusRegistryOutOfRange");
    expect(await lists.words(story.list, 0, 1024)).to.have.length(1024);
  });

  it("takes 512 words in one call", async () => {
    const masks = Array.from({ length: 512 }, (_, i) => BigInt(i) + 1n);
    await revoke(0, masks);
    expect([...(await lists.words(story.list, 0, 512))]).to.deep.equal(masks);
  });

  it("belongs to its owner: another agency's desk cannot touch it", async () => {
    await refused(story.submit("Revoke", { list: story.list, startWord: 0, masks: [1n] }, story.keys.gate), "StatusRegistryNotOperator");
    await refused(story.submit("Revoke", { list: ZERO_WORD, startWord: 0, masks: [1n] }, desk), "StatusRegistryUnknownList");
    await refused(story.submit("OpenList", { owner: story.gateId, salt: salt("x") }, desk), "StatusRegistryNotOperator");
  });

  it("can still be revoked when the owner's DID has ended: by the desk until its term ends, never by the dead key", async () => {
    await story.submit("DeactivateDid", { id: story.agencyId, expectedVersion: 1 }, story.keys.agency);
    const attempt = (signer) => story.submit("Revoke", { list: story.list, startWord: 0, masks: [1n] }, signer);
    await refused(attempt(story.keys.agency), "StatusRegistryNotOperator");
    await attempt(desk);
    expect(await word(0)).to.equal(1n);
    await story.advance(story.until - (await story.now()));
    await refused(story.submit("Revoke", { list: story.list, startWord: 0, masks: [2n] }, desk), "StatusRegistryNotOperator");
  });

  it("anchors snapshots in order, never of the future", async () => {
    const digest = keccak256("0x01");
    const anchor = (seq, value = digest) => story.submit("AnchorSnapshot", { list: story.list, seq, digest: value }, desk);
    await refused(anchor(0, ZERO_WORD), "StatusRegistryInvalidDigest");
    await refused(anchor(1), "StatusRegistryStaleSnapshot");
    await anchor(0);
    await refused(anchor(0), "StatusRegistryStaleSnapshot");
    for (let i = 0; i < 3; i++) await revoke(i, [1n]);
    await anchor(2);
    await refused(anchor(1), "StatusRegistryStaleSnapshot");
    await refused(anchor(4), "StatusRegistryStaleSnapshot");
    await anchor(3, keccak256("0x02"));
    const found = await lists.listOf(story.list);
    expect([found.publishedSeq, found.publishedDigest]).to.deep.equal([3n, keccak256("0x02")]);
  });

  it("loses no bit when many revoke the same word", async () => {
    const operations = await Promise.all(
      Array.from({ length: 25 }, (_, i) => story.sign("Revoke", { list: story.list, startWord: 5, masks: [bit(i) | bit(i + 1)] }, [desk])),
    );
    await lists.connect(story.relayer).batch(operations.map((operation) => story.calldata(operation)));
    const all = Array.from({ length: 26 }, (_, i) => bit(i)).reduce((a, b) => a | b);
    expect(await word(5)).to.equal(all);
    expect((await lists.listOf(story.list)).seq).to.equal(25);
  });

  it("is not stopped by the end of issuing: only opening needs an admitted, living owner", async () => {
    await story.decide("Dismiss", story.agencyId);
    await revoke(0, [1n]);
    expect(await word(0)).to.equal(1n);
  });
});
