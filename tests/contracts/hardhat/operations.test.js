// Every signed operation, in both kinds of signature, against everything that must not be able to make it.
import { expect } from "chai";
import { concat, dataSlice } from "ethers";
import { OPERATIONS, otherValue } from "../support/operations.js";
import { Story } from "../support/story.js";
import { DAY } from "../support/world.js";

const CURVES = ["p256", "secp256k1"];

for (const curve of CURVES) {
  describe(`operations signed with ${curve}`, () => {
    let story;
    let start;

    before(async () => {
      story = await Story.tell({ curve, councilCurve: curve });
    });

    beforeEach(async () => {
      start = await story.snapshot();
    });

    afterEach(async () => {
      await story.restore(start);
    });

    for (const [kind, example] of Object.entries(OPERATIONS)) {
      describe(kind, () => matrix(kind, example, () => story));
    }
  });
}

function matrix(kind, example, world) {
  let story;
  let message;
  let keys;

  beforeEach(async () => {
    story = world();
    await example.prepare?.(story);
    message = await example.message(story);
    keys = example.keys(story);
  });

  const refused = (promise, error) => expect(promise).to.be.revertedWithCustomError(story.contractOf(kind), error);
  const signed = (options, signers = keys) => story.sign(kind, message, signers, options);

  it("is taken from the right signers, in a stranger's transaction", async () => {
    const events = await story.done(kind, message, ...keys);
    expect(events).to.have.length.of.at.least(1);
  });

  example.refusal.forEach((error, position) => {
    it(`is refused from a stranger as signer ${position}: ${error}`, async () => {
      const others = keys.with(position, story.keys.stranger);
      await refused(story.send(await signed({}, others)), error);
    });
  });

  it("is refused after its deadline, and taken in its last second", async () => {
    if (!story.fieldsOf(kind).some(({ name }) => name === "deadline")) return; // votes have an epoch instead
    const now = await story.now();
    const late = await story.sign(kind, { ...message, deadline: now + 5n }, keys);
    await story.provider.request({ method: "evm_setNextBlockTimestamp", params: [Number(now + 6n)] });
    await story.provider.request({ method: "evm_mine", params: [] });
    await refused(story.send(late), "OperationExpired");
    const snug = await story.sign(kind, { ...message, deadline: now + 20n }, keys);
    await story.provider.request({ method: "evm_setNextBlockTimestamp", params: [Number(now + 20n)] });
    await story.send(snug);
  });

  for (const [what, domain] of Object.entries({
    "another chain": { chainId: 1n },
    "another contract": { verifyingContract: `0x${"11".repeat(20)}` },
    "another network": { name: "did:mapae:elsewhere" },
    "another version of the domain": { version: "2" },
  })) {
    it(`is refused when signed for ${what}`, async () => {
      // P-256 names its key, so the signature is wrong; secp256k1 recovers some other key, so the signer is.
      const error = keys[0].kind === 2 ? "SignatureInvalid" : example.refusal[0];
      await refused(story.send(await signed({ domain })), error);
    });
  }

  it(example.replay ? `is refused the second time: ${example.replay}` : "changes nothing the second time", async () => {
    const once = await signed();
    await story.send(once);
    if (example.replay) {
      await refused(story.send(once), example.replay);
    } else {
      expect(await story.eventsOf(await story.send(once))).to.deep.equal([]);
    }
  });

  it("is refused in the malleable twin of its signature", async () => {
    await refused(story.send(await signed({ signature: { highS: true } })), "SignatureInvalid");
  });

  it("is refused with a malformed signature", async () => {
    const good = await signed();
    for (let position = 0; position < keys.length; position++) {
      const mangled = (signature) => story.send({ ...good, signatures: good.signatures.with(position, signature) });
      const own = good.signatures[position];
      const length = (own.length - 2) / 2;
      for (const wrong of ["0x", dataSlice(own, 0, length - 1), concat([own, "0x00"])]) {
        await refused(mangled(wrong), "SignatureMalformed");
      }
      await refused(mangled(`0x${"00".repeat(65)}`), "SignatureInvalid");
      await refused(mangled(`0x${"00".repeat(128)}`), "SignatureInvalid");
      await refused(mangled(concat([dataSlice(own, 0, length - 33), `0x${"00".repeat(33)}`])), "SignatureInvalid");
      if (length === 128) {
        // A point that is not on the curve.
        await refused(mangled(concat([dataSlice(own, 0, 32), dataSlice(own, 0, 32), dataSlice(own, 64)])), "SignatureInvalid");
      } else {
        await refused(mangled(concat([dataSlice(own, 0, 64), "0x00"])), "SignatureInvalid");
        await refused(mangled(concat([dataSlice(own, 0, 64), "0x1d"])), "SignatureInvalid");
      }
    }
  });

  if (example.refusal.length === 2) {
    it("is refused with its two signatures exchanged", async () => {
      const good = await signed();
      await refused(story.send({ ...good, signatures: good.signatures.toReversed() }), example.refusal[0]);
    });
  }

  if (example.stale) {
    const [field, error] = example.stale;
    it(`is refused with another ${field}: ${error}`, async () => {
      const stale = await story.sign(kind, { ...message, [field]: otherValue(message[field]) }, keys);
      await refused(story.send(stale), error);
    });
  }

  if (example.endsWith) {
    it("is refused once the role has ended, and from its last second on", async () => {
      const ready = await signed();
      await example.endsWith(story);
      await refused(story.send(ready), example.refusal.at(-1));
    });

    it("is refused once the role has expired", async () => {
      await story.advance(story.until - (await story.now()));
      const late = await story.sign(kind, { ...message, deadline: (await story.now()) + DAY }, keys);
      await refused(story.send(late), example.refusal.at(-1));
    });
  }

  it(example.paused ? "waits for the end of a pause" : "is not stopped by a pause", async () => {
    if (kind === "Pause") return;
    const until = (await story.now()) + 600n;
    await story.submit("Pause", { epoch: await story.contracts.Council.epoch(), until }, story.council[1]);
    const ready = await signed();
    if (!example.paused) {
      await story.send(ready);
      return;
    }
    await refused(story.send(ready), "SuccessionPaused");
    await story.advance(until - (await story.now()));
    await story.send(ready);
  });

  it("moves nothing when one field of the signed message is changed", async () => {
    const good = await signed();
    for (const { name, type } of story.fieldsOf(kind)) {
      const tampered = { ...good, message: { ...good.message, [name]: altered(type, good.message[name]) } };
      await expect(story.send(tampered), `${kind}.${name}`).to.be.revert(story.ethers);
    }
  });
}

/** A value of the same type that differs in its last bit. */
function altered(type, value) {
  if (type === "bool") return !value;
  if (type === "string") return `${value}.`;
  if (type === "uint256[]") return [BigInt(value[0]) ^ 1n, ...value.slice(1)];
  if (type.startsWith("uint")) return BigInt(value) ^ 1n;
  const flipped = (parseInt(value.slice(-2), 16) ^ 1).toString(16).padStart(2, "0");
  return value.slice(0, -2) + flipped;
}

