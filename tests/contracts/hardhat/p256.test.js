// P-256 with the precompile (osaka) and without it (cancun): the same answers, and only the price differs.
import { expect } from "chai";
import { concat, dataSlice } from "ethers";
import { key } from "../support/keys.js";
import { Story } from "../support/story.js";
import { documentOf } from "../support/world.js";

for (const hardfork of ["osaka", "cancun"]) {
  describe(`P-256 on ${hardfork}`, () => {
    let story;
    let start;
    before(async () => {
      story = await Story.tell({ hardfork });
    });
    beforeEach(async () => {
      start = await story.snapshot();
    });
    afterEach(() => story.restore(start));

    const update = (options) => story.sign("UpdateDocument", { id: story.agencyId, expectedVersion: 1, document: documentOf("x") }, [story.keys.agency], options);
    const refused = (promise) => expect(promise).to.be.revertedWithCustomError(story.contracts.DidRegistry, "SignatureInvalid");

    it(hardfork === "osaka" ? "has the precompile" : "has no precompile", async () => {
      // A known-good signature: the precompile answers 1, an address without code answers nothing.
      const { payload, signatures } = await update();
      const [signature] = signatures;
      const input = concat([story.ethers.sha256(payload), dataSlice(signature, 64), dataSlice(signature, 0, 64)]);
      const answer = await story.provider.request({ method: "eth_call", params: [{ to: `0x${"100".padStart(40, "0")}`, data: input }, "latest"] });
      expect(answer).to.equal(hardfork === "osaka" ? `0x${"1".padStart(64, "0")}` : "0x");
    });

    it("takes what is right", async () => {
      await story.send(await update());
      await story.createHolder("two signatures", key("phone"), story.agencyId, story.keys.agencyEndorser);
    });

    it("refuses the malleable twin, other messages, other keys, points off the curve, and zeros", async () => {
      const good = await update();
      const [own] = good.signatures;
      const part = (at) => dataSlice(own, 32 * at, 32 * (at + 1));
      const zero = `0x${"00".repeat(32)}`;
      await refused(story.send(await update({ signature: { highS: true } })));
      await refused(story.send(await update({ domain: { chainId: 5n } })));
      await refused(story.send({ ...good, message: { ...good.message, expectedVersion: 2 } }));
      for (const [x, y, r, s] of [
        [part(1), part(0), part(2), part(3)],
        [part(0), part(0), part(2), part(3)],
        [zero, zero, part(2), part(3)],
        [part(0), part(1), zero, part(3)],
        [part(0), part(1), part(2), zero],
        [part(0), part(1), part(3), part(2)],
        [part(0), part(1), `0x${"ff".repeat(32)}`, part(3)],
        [`0x${"ff".repeat(32)}`, part(1), part(2), part(3)],
      ]) {
        await refused(story.send({ ...good, signatures: [concat([x, y, r, s])] }));
      }
    });
  });
}
