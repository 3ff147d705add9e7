// The council: m of n, epochs, the delay, cancelling, what is decided at once, and the pause.
import { expect } from "chai";
import { encodeBytes32String } from "ethers";
import { key } from "../support/keys.js";
import { Story, thumbprint, TYPE } from "../support/story.js";
import { APPROVE, CANCEL, DAY, HOUR, NOBODY, World, YEAR } from "../support/world.js";

const STATE = { None: 0n, Open: 1n, Ready: 2n, Executed: 3n, Cancelled: 4n, Void: 5n, Expired: 6n };

describe("Council", () => {
  let story;
  let council;
  let start;

  before(async () => {
    story = await Story.tell({ members: 5, threshold: 3, delay: DAY, development: false });
    council = story.contracts.Council;
  });
  beforeEach(async () => {
    start = await story.snapshot();
  });
  afterEach(() => story.restore(start));

  const refused = (promise, error, contract = council) => expect(promise).to.be.revertedWithCustomError(contract, error);
  const stateOf = async (proposal) => (await council.proposalOf(story.proposalId(proposal))).state;
  const admission = async () => story.proposal("Admit", story.organisationId(key("newcomer"), "x"), NOBODY, (await story.now()) + YEAR);

  describe("its birth", () => {
    const seat = (members, threshold, { delay = DAY, development = false } = {}) =>
      story.ethers.deployContract("Council", [story.directoryAddress, "test", `0x${"00".repeat(20)}`, members, threshold, delay, development]);
    const some = (count) => Array.from({ length: count }, (_, i) => key(`m${i}`).controller);

    it("needs three members, and more than half but not all of them to decide", async () => {
      for (const [size, threshold] of [[0, 0], [1, 1], [2, 2], [3, 1], [3, 3], [4, 2], [4, 4], [5, 2], [5, 5], [33, 17]]) {
        await expect(seat(some(size), threshold)).to.be.revertedWithCustomError(council, "CouncilInvalidSize").withArgs(size, threshold);
      }
      for (const [size, threshold] of [[3, 2], [4, 3], [5, 3], [5, 4], [32, 17], [32, 31]]) await seat(some(size), threshold);
    });

    it("lets one of one decide on a development ledger only", async () => {
      await refused(seat(some(1), 1), "CouncilInvalidSize");
      await seat(some(1), 1, { development: true, delay: 1n });
    });

    it("refuses a member twice, nobody, and keys of an unknown kind", async () => {
      const [a, b] = some(2);
      for (const wrong of [a, NOBODY, `0x03${"11".repeat(20)}`, `0x01${"00".repeat(20)}`]) {
        await expect(seat([a, b, wrong], 2)).to.be.revertedWithCustomError(council, "CouncilInvalidMember").withArgs(wrong);
      }
    });

    it("waits a day at least outside development", async () => {
      await expect(seat(some(3), 2, { delay: DAY - 1n })).to.be.revertedWithCustomError(council, "CouncilDelayTooShort").withArgs(DAY - 1n, DAY);
      await expect(seat(some(3), 2, { delay: 0n, development: true })).to.be.revertedWithCustomError(council, "CouncilDelayTooShort").withArgs(0n, 1n);
    });
  });

  describe("deciding", () => {
    it("counts each member once and is ready at the threshold, not before", async () => {
      const proposal = await admission();
      const id = story.proposalId(proposal);
      await story.vote(proposal, APPROVE, story.council[0], story.council[1]);
      await expect(story.submit("Vote", { ...proposal, choice: APPROVE }, story.council[1])).to.be.revertedWithCustomError(council, "CouncilAlreadyVoted").withArgs(id, story.council[1].controller);
      expect(await stateOf(proposal)).to.equal(STATE.Open);
      await refused(story.execute(proposal), "CouncilWrongState");
      const last = await story.submit("Vote", { ...proposal, choice: APPROVE }, story.council[2]);
      const readyAt = (await story.now()) + DAY;
      await expect(last).to.emit(council, "ProposalReady").withArgs(id, 1, readyAt);
      expect(await stateOf(proposal)).to.equal(STATE.Ready);
    });

    it("waits the delay, then anyone may execute, once", async () => {
      const proposal = await admission();
      await story.vote(proposal, APPROVE, ...story.council.slice(0, 3));
      await story.advance(DAY - 10n);
      await refused(story.execute(proposal), "CouncilTooEarly");
      await story.advance(10n);
      await expect(story.execute(proposal)).to.emit(story.contracts.Roles, "AgencyAdmitted");
      await expect(story.execute(proposal)).to.be.revertedWithCustomError(council, "CouncilWrongState").withArgs(story.proposalId(proposal), STATE.Executed);
      await refused(story.submit("Vote", { ...proposal, choice: APPROVE }, story.council[4]), "CouncilWrongState");
    });

    it("lets a decision lapse after fourteen days", async () => {
      const proposal = await admission();
      await story.vote(proposal, APPROVE, ...story.council.slice(0, 3));
      await story.advance(DAY + 14n * DAY + 5n);
      expect(await stateOf(proposal)).to.equal(STATE.Expired);
      await refused(story.execute(proposal), "CouncilTooLate");
      await refused(story.submit("Vote", { ...proposal, choice: APPROVE }, story.council[4]), "CouncilWrongState");
    });

    it("is cancelled by as many as decide, even when ready", async () => {
      const proposal = await admission();
      await story.vote(proposal, APPROVE, ...story.council.slice(0, 3));
      await story.vote(proposal, CANCEL, story.council[3], story.council[4]);
      expect(await stateOf(proposal)).to.equal(STATE.Ready);
      await expect(story.submit("Vote", { ...proposal, choice: CANCEL }, story.council[0])).to.emit(council, "ProposalCancelled");
      await story.advance(2n * DAY);
      await expect(story.execute(proposal)).to.be.revertedWithCustomError(council, "CouncilWrongState").withArgs(story.proposalId(proposal), STATE.Cancelled);
    });

    it("does not let an approval that was withdrawn be replayed", async () => {
      const proposal = await admission();
      const [first] = story.council;
      const approval = await story.sign("Vote", { ...proposal, choice: APPROVE }, [first]);
      await story.send(approval);
      await story.vote(proposal, CANCEL, first);
      await refused(story.send(approval), "CouncilAlreadyVoted");
      await story.vote(proposal, APPROVE, story.council[1], story.council[2]);
      expect(await stateOf(proposal)).to.equal(STATE.Open);
    });

    it("does at once what takes rights away: dismissal, end of a grant, compromise", async () => {
      const since = (await story.now()) - HOUR;
      await expect(story.decide("Compromise", story.agencyId, thumbprint("x"), since)).to.emit(story.contracts.DidRegistry, "KeyCompromised").withArgs(story.agencyId, thumbprint("x"), since, `0x${"00".repeat(20)}`, NOBODY);
      const end = (await story.now()) - HOUR;
      await expect(story.decide("EndGrant", story.agencyId, TYPE, 1, end)).to.emit(story.contracts.AccreditationRegistry, "GrantEnded").withArgs(story.agencyId, TYPE, 1, end, NOBODY, 0);
      await expect(story.decide("Dismiss", story.ministryId)).to.emit(story.contracts.Roles, "AgencyDismissed").withArgs(story.ministryId, NOBODY, 0);
    });

    it("knows a closed list of kinds and two choices", async () => {
      const proposal = await admission();
      for (const kind of [0, 8, 255]) {
        await expect(story.submit("Vote", { ...proposal, kind, choice: APPROVE }, story.council[0])).to.be.revertedWithCustomError(council, "CouncilUnknownKind").withArgs(kind);
      }
      for (const choice of [0, 3]) {
        await expect(story.submit("Vote", { ...proposal, choice }, story.council[0])).to.be.revertedWithCustomError(council, "CouncilUnknownChoice").withArgs(choice);
      }
      const long = { ...proposal, arguments: `0x${"00".repeat(2049)}`, choice: APPROVE };
      await refused(story.submit("Vote", long, story.council[0]), "CouncilArgumentsSize");
    });

    it("refuses arguments that do not decode, without being stuck", async () => {
      const broken = { ...(await story.proposal("Dismiss", story.agencyId)), arguments: "0x01" };
      await story.vote(broken, APPROVE, story.council[0], story.council[1]);
      await expect(story.submit("Vote", { ...broken, choice: APPROVE }, story.council[2])).to.be.revert(story.ethers);
      await story.decide("Dismiss", story.agencyId);
    });

    it("has no other door: its peers obey the council's address alone", async () => {
      const { Roles, AccreditationRegistry, DidRegistry, Directory } = story.contracts;
      const [, stranger] = await story.ethers.getSigners();
      const until = (await story.now()) + YEAR;
      await refused(Roles.connect(stranger).councilAdmit(story.gateId, NOBODY, until), "SuccessionNotCouncil", Roles);
      await refused(Roles.connect(stranger).councilDismiss(story.agencyId), "SuccessionNotCouncil", Roles);
      await refused(AccreditationRegistry.connect(stranger).councilGrant(story.gateId, TYPE, 1, until, true, true), "SuccessionNotCouncil", AccreditationRegistry);
      await refused(AccreditationRegistry.connect(stranger).councilEndGrant(story.agencyId, TYPE, 1, 1), "SuccessionNotCouncil", AccreditationRegistry);
      await refused(DidRegistry.connect(stranger).councilCompromise(story.agencyId, thumbprint("x"), 1), "SuccessionNotCouncil", DidRegistry);
      const name = encodeBytes32String("Roles");
      await refused(Directory.connect(stranger).register(name, await Roles.getAddress(), name, name), "DirectoryNotCouncil", Directory);
      await refused(Directory.connect(stranger).pause(until), "DirectoryNotCouncil", Directory);
    });
  });

  describe("a new council", () => {
    const next = ["a", "b", "c", "d"].map((label) => key(`next ${label}`));
    const replace = () => story.decide("SetCouncil", next.map((member) => member.controller), 3);

    it("replaces the whole set at once, bumps the epoch and voids open votes", async () => {
      const open = await admission();
      await story.vote(open, APPROVE, story.council[0], story.council[1]);
      await expect(replace()).to.emit(council, "CouncilSet").withArgs(2, next.map((member) => member.controller), 3);
      expect(await council.epoch()).to.equal(2);
      expect(await council.memberCount()).to.equal(4);
      expect(await council.threshold()).to.equal(3);
      expect(await Promise.all([0, 1, 2, 3].map((at) => council.memberAt(at)))).to.deep.equal(next.map((member) => member.controller));
      expect(await stateOf(open)).to.equal(STATE.Void);
      await refused(story.submit("Vote", { ...open, choice: APPROVE }, story.council[2]), "CouncilStaleEpoch");
    });

    it("does not count a vote of the old council, nor its members", async () => {
      const ready = await admission();
      await story.vote(ready, APPROVE, ...story.council.slice(0, 3));
      await replace();
      await refused(story.execute(ready), "CouncilStaleEpoch");
      await refused(story.execute({ ...ready, epoch: 2 }), "CouncilWrongState");
      await refused(story.submit("Vote", { ...ready, epoch: 2, choice: APPROVE }, story.council[0]), "CouncilNotMember");
      expect(await council.isMember(story.council[0].controller)).to.equal(false);
      await story.vote({ ...ready, epoch: 2 }, APPROVE, next[0]);
      expect((await council.proposalOf(story.proposalId(ready))).approvals).to.equal(1);
    });

    it("is held to the same rules as the first", async () => {
      const two = next.slice(0, 2).map((member) => member.controller);
      for (const values of [[two, 2], [[...two, two[0]], 2], [[], 0]]) await expect(story.decide("SetCouncil", ...values)).to.be.revert(story.ethers);
      expect(await council.epoch()).to.equal(1);
    });

    it("cannot vote twice by being listed in both epochs", async () => {
      const kept = [story.council[0], ...next.slice(0, 3)];
      const open = await admission();
      await story.vote(open, APPROVE, story.council[0]);
      await story.decide("SetCouncil", kept.map((member) => member.controller), 3);
      await story.vote({ ...open, epoch: 2 }, APPROVE, story.council[0]);
      expect((await council.proposalOf(story.proposalId(open))).approvals).to.equal(1);
    });
  });

  describe("the pause", () => {
    const pause = async (member, seconds, deadline) => {
      const now = await story.now();
      return story.submit("Pause", { epoch: await council.epoch(), until: now + seconds, deadline: deadline ?? now + HOUR }, member);
    };

    it("lasts 72 hours at most", async () => {
      await refused(pause(story.council[0], 72n * HOUR + 60n), "CouncilInvalidPause");
      await refused(pause(story.council[0], -1n), "CouncilInvalidPause");
      await pause(story.council[0], 72n * HOUR);
      expect(await council.isPaused()).to.equal(true);
      await story.advance(72n * HOUR);
      expect(await council.isPaused()).to.equal(false);
    });

    it("cools down for fourteen days, whoever asks", async () => {
      await pause(story.council[0], HOUR);
      const allowedFrom = (await council.pausedUntil()) + 14n * DAY;
      await expect(pause(story.council[1], HOUR)).to.be.revertedWithCustomError(council, "CouncilCoolingDown").withArgs(allowedFrom);
      await story.advance(HOUR + 14n * DAY);
      await pause(story.council[1], HOUR);
    });

    it("cannot be kept in a drawer: its deadline is a day away at most", async () => {
      const now = await story.now();
      await refused(pause(story.council[0], HOUR, now + DAY + 60n), "CouncilInvalidPause");
    });

    it("stops executing what gives rights, and nothing that takes them", async () => {
      const give = await admission();
      await story.vote(give, APPROVE, ...story.council.slice(0, 3));
      await story.advance(DAY);
      await pause(story.council[0], 72n * HOUR);
      await expect(story.execute(give)).to.be.revertedWithCustomError(council, "SuccessionPaused");
      await story.decide("Dismiss", story.agencyId);
      await story.advance(72n * HOUR);
      await story.execute(give);
    });

    it("outlives the council that made it", async () => {
      await pause(story.council[0], 72n * HOUR);
      const until = await council.pausedUntil();
      const members = ["a", "b", "c"].map((label) => key(`next ${label}`).controller);
      await story.advance(2n * DAY);
      await story.decide("SetCouncil", members, 2);
      expect(await council.pausedUntil()).to.equal(until);
      expect(await story.contracts.Directory.pausedUntil()).to.equal(until);
    });

    it("does not stop the council from being replaced", async () => {
      const next = ["a", "b", "c"].map((label) => key(`next ${label}`).controller);
      const proposal = await story.proposal("SetCouncil", next, 2);
      await story.vote(proposal, APPROVE, ...story.council.slice(0, 3));
      await story.advance(DAY);
      await pause(story.council[0], 72n * HOUR);
      await story.execute(proposal);
      expect(await council.epoch()).to.equal(2);
    });
  });
});

describe("Directory", () => {
  let world;
  let directory;
  before(async () => {
    world = await World.found();
    directory = world.contracts.Directory;
  });

  it("lists the whole first generation with the hash of its code", async () => {
    for (const [name, contract] of Object.entries(world.contracts)) {
      if (name === "Directory") continue;
      const address = await contract.getAddress();
      const entry = await directory.entryOf(encodeBytes32String(name), 1);
      const code = await world.provider.request({ method: "eth_getCode", params: [address, "latest"] });
      expect(entry.target).to.equal(address);
      expect(entry.codeHash).to.equal(world.ethers.keccak256(code));
      expect(await directory.isCurrent(encodeBytes32String(name), address)).to.equal(true);
      expect(await directory.generationOf(encodeBytes32String(name))).to.equal(1);
    }
  });

  it("says so when it knows no such name or generation", async () => {
    const name = encodeBytes32String("Nothing");
    await expect(directory.addressOf(name)).to.be.revertedWithCustomError(directory, "DirectoryUnknownName").withArgs(name);
    await expect(directory.entryOf(encodeBytes32String("Roles"), 2)).to.be.revertedWithCustomError(directory, "DirectoryUnknownGeneration");
    expect(await directory.isCurrent(name, `0x${"00".repeat(20)}`)).to.equal(false);
    expect(await directory.generationOf(name)).to.equal(0);
  });

  it("refuses code other than decided, and contracts not made for the place", async () => {
    const { Roles, DidRegistry } = world.contracts;
    const rolesName = encodeBytes32String("Roles");
    const code = async (contract) => world.ethers.keccak256(await world.provider.request({ method: "eth_getCode", params: [await contract.getAddress(), "latest"] }));
    const attempt = async (name, target, hash) => world.decide("Directory", name, await target.getAddress(), hash ?? (await code(target)), rolesName);
    const stray = await world.deployPeer("Roles");
    await expect(attempt(rolesName, stray)).to.be.revertedWithCustomError(directory, "DirectoryUnfitTarget");
    const heir = await world.deployPeer("Roles", await Roles.getAddress());
    await expect(attempt(rolesName, heir, rolesName)).to.be.revertedWithCustomError(directory, "DirectoryCodeMismatch");
    await expect(attempt(encodeBytes32String("DidRegistry"), heir)).to.be.revertedWithCustomError(directory, "DirectoryUnfitTarget");
    await expect(attempt(rolesName, DidRegistry)).to.be.revertedWithCustomError(directory, "DirectoryUnfitTarget");
    await attempt(rolesName, heir);
    expect(await directory.generationOf(rolesName)).to.equal(2);
  });
});
