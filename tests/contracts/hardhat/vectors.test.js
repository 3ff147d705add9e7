// The frozen vectors of what people sign, read by ethers and by the contracts: tests/vectors/operations.json.
import { expect } from "chai";
import { readFileSync } from "node:fs";
import { createPublicKey, verify } from "node:crypto";
import { concat, dataSlice, getBytes, keccak256, recoverAddress, TypedDataEncoder } from "ethers";
import { key } from "../support/keys.js";
import { didId, PEERS, World } from "../support/world.js";

const { operations, dids } = JSON.parse(readFileSync(new URL("../../vectors/operations.json", import.meta.url), "utf8"));
const signed = operations.filter(({ signatures }) => signatures.length > 0);
const nameOf = ({ operation, key: curve }) => `${operation.kind}, ${curve}`;
const functionOf = ({ operation: { kind } }) => kind[0].toLowerCase() + kind.slice(1);
const structHashOf = ({ payload }) => dataSlice(payload, 34);

/** Verify x‖y‖r‖s over sha256(payload) with Node's own P-256. */
function isP256(payload, signature) {
  const [x, y] = [dataSlice(signature, 0, 32), dataSlice(signature, 32, 64)].map((part) => Buffer.from(getBytes(part)).toString("base64url"));
  const publicKey = createPublicKey({ format: "jwk", key: { kty: "EC", crv: "P-256", x, y } });
  return verify("sha256", getBytes(payload), { key: publicKey, dsaEncoding: "ieee-p1363" }, getBytes(dataSlice(signature, 64)));
}

describe("Vectors of operations", () => {
  let world;

  before(async () => {
    world = await World.found();
  });

  it("cover every operation of every contract", () => {
    const inAbi = PEERS.flatMap((peer) =>
      world.contracts[peer].interface.fragments
        .filter(({ type, inputs }) => type === "function" && inputs[0]?.name === "operation")
        .map(({ name }) => name),
    );
    expect([...new Set(operations.map(functionOf))].sort()).to.deep.equal(inAbi.sort());
  });

  for (const vector of operations) {
    it(`${nameOf(vector)}: ethers hashes, signs and encodes the same`, () => {
      const { operation, payload, contract, signatures } = vector;
      const types = { [operation.kind]: world.fieldsOf(operation.kind) };
      expect(TypedDataEncoder.from(types).encodeType(operation.kind)).to.equal(vector.type);
      expect(world.payload(operation.domain, operation.kind, operation.message)).to.equal(payload);
      expect(keccak256(payload)).to.equal(vector.id);
      const abi = world.contracts[contract].interface;
      expect(abi.getFunction(functionOf(vector)).format("sighash")).to.equal(vector.function);
      expect(abi.encodeFunctionData(functionOf(vector), [operation.message, ...signatures])).to.equal(vector.calldata);
      signatures.forEach((signature, position) => {
        if (signature.length === 2 + 2 * 65) {
          expect(concat(["0x01", recoverAddress(keccak256(payload), signature)])).to.equal(vector.signers[position]);
        } else {
          const signer = concat(["0x02", dataSlice(keccak256(dataSlice(signature, 0, 64)), 12)]);
          expect([isP256(payload, signature), signer]).to.deep.equal([true, vector.signers[position]]);
        }
      });
    });
  }

  describe("in the contracts", () => {
    const WRONG = ["SignatureInvalid", "SignatureMalformed", "OperationExpired"];
    const signer = key("vector signer");

    /** Name of the error with which a contract answers a message whose struct hash is said to be `structHash`. */
    async function answerTo(vector, structHash) {
      const contract = world.contracts[vector.contract];
      const payload = concat(["0x1901", TypedDataEncoder.hashDomain(await world.domainOf(contract)), structHash]);
      const signatures = vector.signatures.map(() => signer.sign(payload));
      const data = contract.interface.encodeFunctionData(functionOf(vector), [vector.operation.message, ...signatures]);
      try {
        await world.provider.request({ method: "eth_call", params: [{ to: await contract.getAddress(), data }, "latest"] });
        return null;
      } catch (error) {
        return contract.interface.parseError(error.data)?.name;
      }
    }

    /** Give the contract the state that it asks for before it looks at a signature. */
    async function prepare({ contract, operation: { message } }) {
      const address = await world.contracts[contract].getAddress();
      const set = (slot, value) => world.provider.request({ method: "hardhat_setStorageAt", params: [address, slot, value] });
      if (contract === "StatusRegistry" && message.list) {
        const layout = await world.layoutOf(contract);
        const slot = keccak256(world.ethers.AbiCoder.defaultAbiCoder().encode(["bytes32", "uint256"], [message.list, layout._lists.slot]));
        await set(slot, `0x${"11".repeat(32)}`);
      }
      if (contract === "Council") {
        const { slot, offset } = (await world.layoutOf(contract)).epoch;
        await set(`0x${BigInt(slot).toString(16)}`, `0x${(BigInt(message.epoch) << BigInt(8 * offset)).toString(16).padStart(64, "0")}`);
      }
    }

    for (const vector of signed.filter(({ key: curve }) => curve === "p256")) {
      it(`${nameOf(vector)}: Solidity hashes the same`, async () => {
        // A P-256 signature fits one digest only: any other answer than these means that the contract computed it, too.
        await prepare(vector);
        const structHash = structHashOf(vector);
        expect(await answerTo(vector, structHash)).to.not.be.oneOf(WRONG);
        const other = `${structHash.slice(0, -1)}${structHash.endsWith("0") ? "1" : "0"}`;
        expect(await answerTo(vector, other)).to.equal("SignatureInvalid");
      });
    }
  });

  it("hold for the ids of DIDs", () => {
    for (const { kind, controller, salt, id } of dids) expect(didId(kind, controller, salt)).to.equal(id);
  });
});
