// A registry deployed on a simulated ledger, and a hand that signs operations and sends them.
// EIP-712 types are read from the contract's ABI and hashed by ethers: an independent opinion on what is signed.
import { readFile } from "node:fs/promises";
import { network } from "hardhat";
import { AbiCoder, concat, dataSlice, encodeBytes32String, getCreateAddress, id as keccakText, keccak256 } from "ethers";
import { TypedDataEncoder, ZeroAddress } from "ethers";
import { key } from "./keys.js";

export const HOUR = 3_600n;
export const DAY = 86_400n;
export const YEAR = 365n * DAY;
export const NOBODY = `0x${"00".repeat(21)}`;
export const ZERO_ID = `0x${"00".repeat(20)}`;
export const ZERO_WORD = `0x${"00".repeat(32)}`;
export const PEERS = [
  "Council",
  "Roles",
  "DidRegistry",
  "AccreditationRegistry",
  "IssuanceLog",
  "StatusRegistry",
  "SchemaRegistry",
  "ServiceRegistry",
];
export const ROLE = { Endorser: 1, StatusOperator: 2, IssuanceOperator: 3 };
export const APPROVE = 1;
export const CANCEL = 2;
export const PROPOSALS = {
  SetCouncil: { kind: 1, types: ["bytes21[]", "uint8"] },
  Directory: { kind: 2, types: ["bytes32", "address", "bytes32", "bytes32"] },
  Admit: { kind: 3, types: ["bytes20", "bytes21", "uint48"] },
  Dismiss: { kind: 4, types: ["bytes20"], immediate: true },
  GrantRoot: { kind: 5, types: ["bytes20", "bytes32", "uint48", "uint48", "bool", "bool"] },
  EndGrant: { kind: 6, types: ["bytes20", "bytes32", "uint32", "uint48"], immediate: true },
  Compromise: { kind: 7, types: ["bytes20", "bytes32", "uint48"], immediate: true },
};

const coder = AbiCoder.defaultAbiCoder();
export const encode = (types, values) => coder.encode(types, values);
export const salt = (label) => keccakText(`salt: ${label}`);
export const typeIdOf = (vct) => keccakText(vct);
export const codeOf = (text) => encodeBytes32String(text);

/** The 20-byte id that DidRegistry computes; kind 1 organisation, 2 holder. */
export function didId(kind, controller, saltValue) {
  const preimage = encode(["bytes32", "uint8", "bytes21", "bytes32"], [keccakText("did:mapae"), kind, controller, saltValue]);
  return dataSlice(keccak256(preimage), 0, 20);
}

/** Any id does here: what it is computed from is the business of the deployment. */
export const layoutIdOf = (name) => keccakText(`layout of ${name}`);

/** A document of `size` bytes: the registry takes bytes, their meaning is the resolvers' business. */
export function documentOf(label, size = 600) {
  const head = `{"label":"${label}","filling":"`;
  return `0x${Buffer.from(`${head}${"x".repeat(size - head.length - 2)}"}`).toString("hex")}`;
}

export class World {
  /** Deploy the nine contracts. `hardfork` osaka has the P-256 precompile, cancun has not. */
  static async found({ hardfork = "osaka", networkName = "test", members = 3, threshold = 2, delay = 1n, development = true, councilCurve = "p256" } = {}) {
    const connection = await network.create(hardfork);
    const world = new this();
    world.connection = connection;
    world.ethers = connection.ethers;
    world.provider = connection.provider;
    world.networkName = networkName;
    world.council = Array.from({ length: members }, (_, i) => key(`council member ${i + 1}`, councilCurve));
    world.threshold = threshold;
    world.nextSalt = 1;
    [world.deployer, world.relayer] = await connection.ethers.getSigners();
    world.chainId = (await connection.ethers.provider.getNetwork()).chainId;
    await world.#deploy({ delay, development });
    return world;
  }

  async #deploy({ delay, development }) {
    const from = this.deployer.address;
    const first = await this.deployer.getNonce();
    const addresses = Object.fromEntries([...PEERS, "Directory"].map((name, i) => [name, getCreateAddress({ from, nonce: first + i })]));
    this.directoryAddress = addresses.Directory;
    this.contracts = {};
    for (const name of PEERS) {
      const birth = name === "Council" ? [this.council.map((member) => member.controller), this.threshold, delay, development] : [];
      this.contracts[name] = await this.deployPeer(name, ZeroAddress, birth);
    }
    const entries = PEERS.map((name) => [encodeBytes32String(name), addresses[name], layoutIdOf(name)]);
    this.contracts.Directory = await this.ethers.deployContract("Directory", [entries], this.deployer);
  }

  /** Deploy one peer; `birth`: the arguments after those that every peer takes. */
  deployPeer(name, predecessor = ZeroAddress, birth = []) {
    return this.ethers.deployContract(name, [this.directoryAddress, this.networkName, predecessor, ...birth], this.deployer);
  }

  /** Storage layout of a contract as it is committed: label -> {slot, offset}. */
  async layoutOf(name) {
    const artifact = new URL(`../../../contracts/artifacts/${name}.json`, import.meta.url);
    const { storageLayout } = JSON.parse(await readFile(artifact, "utf8"));
    return Object.fromEntries(storageLayout.storage.map((variable) => [variable.label, variable]));
  }

  /** Replace a contract by its next generation, by a decision of the council. */
  async succeed(name, birth = []) {
    const next = await this.deployPeer(name, await this.contracts[name].getAddress(), birth);
    const target = await next.getAddress();
    const codeHash = keccak256(await this.provider.request({ method: "eth_getCode", params: [target, "latest"] }));
    await this.decide("Directory", encodeBytes32String(name), target, codeHash, layoutIdOf(name));
    this.contracts[name] = next;
    return next;
  }

  // time and state

  async now() {
    return BigInt((await this.provider.request({ method: "eth_getBlockByNumber", params: ["latest", false] })).timestamp);
  }

  /** Mine a block `seconds` after the newest one. */
  async advance(seconds) {
    await this.provider.request({ method: "evm_increaseTime", params: [Number(seconds)] });
    await this.provider.request({ method: "evm_mine", params: [] });
    return this.now();
  }

  async snapshot() {
    const id = await this.provider.request({ method: "evm_snapshot", params: [] });
    return { id, contracts: { ...this.contracts }, council: this.council };
  }

  async restore({ id, contracts, council }) {
    await this.provider.request({ method: "evm_revert", params: [id] });
    Object.assign(this, { contracts, council });
  }

  // signing and sending

  contractOf(kind) {
    const name = kind[0].toLowerCase() + kind.slice(1);
    const found = PEERS.find((peer) => this.contracts[peer].interface.getFunction(name));
    return this.contracts[found];
  }

  async domainOf(contract) {
    return {
      name: `did:mapae:${this.networkName}`,
      version: "1",
      chainId: this.chainId,
      verifyingContract: await contract.getAddress(),
    };
  }

  /** The struct of an operation as EIP-712 types, read from the ABI: [{name, type}]. */
  fieldsOf(kind) {
    const name = kind[0].toLowerCase() + kind.slice(1);
    const fragment = this.contractOf(kind).interface.getFunction(name);
    return fragment.inputs[0].components.map(({ name: field, type }) => ({ name: field, type }));
  }

  /** The 66 bytes that are signed. */
  payload(domain, kind, message) {
    const struct = TypedDataEncoder.hashStruct(kind, { [kind]: this.fieldsOf(kind) }, message);
    return concat(["0x1901", TypedDataEncoder.hashDomain(domain), struct]);
  }

  /** `message` with the deadline a day away, unless it has one or the kind has none. */
  async complete(kind, message) {
    const timed = this.fieldsOf(kind).some(({ name }) => name === "deadline");
    return timed && message.deadline === undefined ? { ...message, deadline: (await this.now()) + DAY } : message;
  }

  /** Sign with one key for each signature argument. `domain` overrides parts of the domain; `signature` those of keys. */
  async sign(kind, message, keys, { contract = this.contractOf(kind), domain = {}, signature = {} } = {}) {
    const whole = await this.complete(kind, message);
    const payload = this.payload({ ...(await this.domainOf(contract)), ...domain }, kind, whole);
    return { kind, contract, message: whole, payload, signatures: keys.map((signer) => signer.sign(payload, signature)) };
  }

  /** Calldata of a signed operation. */
  calldata({ kind, contract, message, signatures }) {
    return contract.interface.encodeFunctionData(kind[0].toLowerCase() + kind.slice(1), [message, ...signatures]);
  }

  /** Send a signed operation in a stranger's transaction: the sender has no authority. */
  send(signed) {
    const name = signed.kind[0].toLowerCase() + signed.kind.slice(1);
    return signed.contract.connect(this.relayer)[name](signed.message, ...signed.signatures);
  }

  async submit(kind, message, ...keys) {
    return this.send(await this.sign(kind, message, keys));
  }

  /** Submit and read the receipt's events of the operation's own contract: [{name, args}]. */
  async done(kind, message, ...keys) {
    const transaction = await this.submit(kind, message, ...keys);
    return this.eventsOf(transaction);
  }

  async eventsOf(transaction) {
    const receipt = await transaction.wait();
    const parsers = await Promise.all(
      Object.values(this.contracts).map(async (contract) => [(await contract.getAddress()).toLowerCase(), contract.interface]),
    );
    const byAddress = new Map(parsers);
    return receipt.logs.map((log) => byAddress.get(log.address.toLowerCase()).parseLog(log));
  }

  /** Next nonce of a key on a contract: lane (192 bits) ‖ sequence (64 bits). */
  async nonce(contractName, signer, lane = 0n) {
    return this.contracts[contractName].nonces(dataSlice(signer.controller, 1), lane);
  }

  // the council

  async vote(proposal, choice, ...members) {
    for (const member of members) await this.submit("Vote", { ...proposal, choice }, member);
  }

  async proposal(name, ...values) {
    const { kind, types } = PROPOSALS[name];
    const epoch = await this.contracts.Council.epoch();
    return { kind, arguments: encode(types, values), salt: salt(`proposal ${this.nextSalt++}`), epoch };
  }

  proposalId({ kind, arguments: packed, salt: saltValue }) {
    return keccak256(encode(["uint8", "bytes32", "bytes32"], [kind, keccak256(packed), saltValue]));
  }

  /** Propose, vote, wait the delay and execute. Returns the last transaction. */
  async decide(name, ...values) {
    const proposal = await this.proposal(name, ...values);
    const voters = this.council.slice(0, this.threshold);
    for (const member of voters.slice(0, -1)) await this.submit("Vote", { ...proposal, choice: APPROVE }, member);
    const last = await this.submit("Vote", { ...proposal, choice: APPROVE }, voters.at(-1));
    if (PROPOSALS[name].immediate) return last;
    await this.advance(await this.contracts.Council.delay());
    return this.execute(proposal);
  }

  execute(proposal) {
    return this.contracts.Council.connect(this.relayer).executeProposal(proposal);
  }
}
