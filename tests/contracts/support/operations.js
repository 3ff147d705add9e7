// One valid example of every signed operation, in the story's world, and how each is refused.
//   prepare   what has to happen before (optional)
//   message   the operation's fields, deadline aside
//   keys      who signs, in order
//   refusal   the error that names a wrong signer, one for each signature
//   replay    the error of a second submission, or null where it silently changes nothing
//   stale     [field, error]: the field that ties the operation to the present state (a version, a sequence, a nonce)
//   paused    whether a pause stops it
//   ended     [role, label of its key, how to make the message's signer that key]: a role whose end takes the right away
import { keccak256, toBeHex } from "ethers";
import { APPROVE, codeOf, documentOf, encode, HOUR, ROLE, salt, YEAR, ZERO_WORD } from "./world.js";
import { thumbprint, TYPE, VCT } from "./story.js";
import { key } from "./keys.js";

export const WORD_OF_ONE = 1n << 255n;
const CODE = codeOf("GATE-SEJONG-1");
const roles = (story, signer) => story.nonce("Roles", signer);

export const OPERATIONS = {
  CreateOrganisation: {
    message: ({ keys, agencyId }) => ({
      controller: keys.successor.controller,
      salt: salt("new organisation"),
      agency: agencyId,
      document: documentOf("new organisation"),
    }),
    keys: ({ keys }) => [keys.successor, keys.agencyEndorser],
    refusal: ["DidRegistryNotController", "DidRegistryNotEndorser"],
    replay: "DidRegistryExists",
    paused: true,
    endsWith: (story) => story.endRole(ROLE.Endorser, story.keys.agencyEndorser),
  },
  CreateHolder: {
    message: ({ agencyId }) => {
      const phone = key("new phone");
      return { x: phone.x, y: phone.y, salt: salt("new phone"), guardian: agencyId };
    },
    keys: ({ keys }) => [key("new phone"), keys.agencyEndorser],
    refusal: ["DidRegistryNotController", "DidRegistryNotEndorser"],
    replay: "DidRegistryExists",
    paused: true,
    endsWith: (story) => story.endRole(ROLE.Endorser, story.keys.agencyEndorser),
  },
  UpdateDocument: {
    message: ({ agencyId }) => ({ id: agencyId, expectedVersion: 1n, document: documentOf("second") }),
    keys: ({ keys }) => [keys.agency],
    refusal: ["DidRegistryNotController"],
    replay: "DidRegistryStaleVersion",
    stale: ["expectedVersion", "DidRegistryStaleVersion"],
  },
  TransferControl: {
    message: ({ keys, agencyId }) => ({
      id: agencyId,
      expectedVersion: 1n,
      newController: keys.successor.controller,
      document: documentOf("handed over"),
    }),
    keys: ({ keys }) => [keys.agency, keys.successor],
    refusal: ["DidRegistryNotController", "DidRegistryNotNewController"],
    replay: "DidRegistryNotController",
    stale: ["expectedVersion", "DidRegistryStaleVersion"],
    paused: true,
  },
  DeactivateDid: {
    message: ({ agencyId }) => ({ id: agencyId, expectedVersion: 1n }),
    keys: ({ keys }) => [keys.agency],
    refusal: ["DidRegistryNotController"],
    replay: "DidRegistryDeactivated",
    stale: ["expectedVersion", "DidRegistryStaleVersion"],
  },
  DeactivateHolder: {
    message: ({ holderId, agencyId }) => ({ id: holderId, guardian: agencyId }),
    keys: ({ keys }) => [keys.desk],
    refusal: ["DidRegistryNotStatusOperator"],
    replay: null,
    endsWith: (story) => story.endRole(ROLE.StatusOperator, story.keys.desk),
  },
  MarkCompromised: {
    message: async (story) => ({
      id: story.agencyId,
      keyThumbprint: thumbprint("issue-1"),
      since: (await story.now()) - HOUR,
      reporter: story.agencyId,
      typeId: ZERO_WORD,
      seq: 0n,
    }),
    keys: ({ keys }) => [keys.agency],
    refusal: ["DidRegistryNotController"],
    replay: null,
  },
  AdmitAgency: {
    message: async (story) => ({
      root: story.ministryId,
      agency: story.organisationId(story.keys.successor, "another"),
      endorser: story.keys.endorser.controller,
      until: (await story.now()) + YEAR,
      nonce: await roles(story, story.keys.ministry),
    }),
    keys: ({ keys }) => [keys.ministry],
    refusal: ["RolesNotController"],
    replay: "InvalidAccountNonce",
    stale: ["nonce", "InvalidAccountNonce"],
    paused: true,
  },
  DismissAgency: {
    message: async (story) => ({
      root: story.ministryId,
      agency: story.agencyId,
      nonce: await roles(story, story.keys.ministry),
    }),
    keys: ({ keys }) => [keys.ministry],
    refusal: ["RolesNotController"],
    replay: "InvalidAccountNonce",
    stale: ["nonce", "InvalidAccountNonce"],
  },
  GrantRole: {
    message: async (story) => ({
      agency: story.agencyId,
      role: ROLE.IssuanceOperator,
      grantee: story.keys.successor.controller,
      until: (await story.now()) + YEAR,
      nonce: await roles(story, story.keys.agency),
    }),
    keys: ({ keys }) => [keys.agency],
    refusal: ["RolesNotController"],
    replay: "InvalidAccountNonce",
    stale: ["nonce", "InvalidAccountNonce"],
    paused: true,
  },
  EndRole: {
    message: async (story) => ({
      agency: story.agencyId,
      role: ROLE.StatusOperator,
      grantee: story.keys.desk.controller,
      nonce: await roles(story, story.keys.agency),
    }),
    keys: ({ keys }) => [keys.agency],
    refusal: ["RolesNotController"],
    replay: "InvalidAccountNonce",
    stale: ["nonce", "InvalidAccountNonce"],
  },
  Accredit: {
    message: async (story) => ({
      grantor: story.ministryId,
      grantorSeq: 1n,
      agency: story.agencyId,
      typeId: TYPE,
      expectedSeq: 2n,
      from: await story.now(),
      until: story.until,
      mayIssue: true,
      mayAccredit: false,
    }),
    keys: ({ keys }) => [keys.ministry],
    refusal: ["AccreditationNotController"],
    replay: "AccreditationStaleSeq",
    stale: ["expectedSeq", "AccreditationStaleSeq"],
    paused: true,
  },
  EndGrant: {
    message: async (story) => ({
      grantor: story.ministryId,
      agency: story.agencyId,
      typeId: TYPE,
      seq: 1n,
      endedAt: await story.now(),
      nonce: await story.nonce("AccreditationRegistry", story.keys.ministry),
    }),
    keys: ({ keys }) => [keys.ministry],
    refusal: ["AccreditationNotController"],
    replay: "InvalidAccountNonce",
    stale: ["nonce", "InvalidAccountNonce"],
  },
  AnchorIssuance: {
    message: ({ agencyId }) => ({ agency: agencyId, expectedSeq: 1n, root: keccak256("0x01"), count: 3n }),
    keys: ({ keys }) => [keys.issuer],
    refusal: ["IssuanceLogNotOperator"],
    replay: "IssuanceLogStaleSeq",
    stale: ["expectedSeq", "IssuanceLogStaleSeq"],
    endsWith: (story) => story.endRole(ROLE.IssuanceOperator, story.keys.issuer),
  },
  OpenList: {
    message: ({ agencyId }) => ({ owner: agencyId, salt: salt("second list") }),
    keys: ({ keys }) => [keys.desk],
    refusal: ["StatusRegistryNotOperator"],
    replay: "StatusRegistryExists",
    endsWith: (story) => story.endRole(ROLE.StatusOperator, story.keys.desk),
  },
  Revoke: {
    message: ({ list }) => ({ list, startWord: 7n, masks: [WORD_OF_ONE] }),
    keys: ({ keys }) => [keys.desk],
    refusal: ["StatusRegistryNotOperator"],
    replay: null,
    endsWith: (story) => story.endRole(ROLE.StatusOperator, story.keys.desk),
  },
  Suspend: {
    message: async (story) => ({
      list: story.list,
      startWord: 7n,
      masks: [WORD_OF_ONE],
      nonce: await story.nonce("StatusRegistry", story.keys.desk),
    }),
    keys: ({ keys }) => [keys.desk],
    refusal: ["StatusRegistryNotOperator"],
    replay: "InvalidAccountNonce",
    stale: ["nonce", "InvalidAccountNonce"],
    endsWith: (story) => story.endRole(ROLE.StatusOperator, story.keys.desk),
  },
  Lift: {
    prepare: async (story) => {
      const nonce = await story.nonce("StatusRegistry", story.keys.desk);
      await story.submit("Suspend", { list: story.list, startWord: 7n, masks: [WORD_OF_ONE], nonce }, story.keys.desk);
    },
    message: async (story) => ({
      list: story.list,
      startWord: 7n,
      masks: [WORD_OF_ONE],
      nonce: await story.nonce("StatusRegistry", story.keys.desk),
    }),
    keys: ({ keys }) => [keys.desk],
    refusal: ["StatusRegistryNotOperator"],
    replay: "InvalidAccountNonce",
    stale: ["nonce", "InvalidAccountNonce"],
    paused: true,
    endsWith: (story) => story.endRole(ROLE.StatusOperator, story.keys.desk),
  },
  AnchorSnapshot: {
    prepare: (story) => story.submit("Revoke", { list: story.list, startWord: 7n, masks: [WORD_OF_ONE] }, story.keys.desk),
    message: ({ list }) => ({ list, seq: 1n, digest: keccak256("0x02") }),
    keys: ({ keys }) => [keys.desk],
    refusal: ["StatusRegistryNotOperator"],
    replay: "StatusRegistryStaleSnapshot",
    endsWith: (story) => story.endRole(ROLE.StatusOperator, story.keys.desk),
  },
  RegisterSchema: {
    message: ({ ministryId }) => ({ owner: ministryId, vct: VCT, expectedVersion: 2n, document: documentOf("schema 2") }),
    keys: ({ keys }) => [keys.ministry],
    refusal: ["SchemaRegistryNotController"],
    replay: "SchemaRegistryStaleVersion",
    stale: ["expectedVersion", "SchemaRegistryStaleVersion"],
  },
  SetService: {
    message: async (story) => service(story, await story.now()),
    keys: ({ keys }) => [keys.ministry],
    refusal: ["ServiceRegistryNotController"],
    replay: "ServiceRegistryStaleVersion",
    stale: ["expectedVersion", "ServiceRegistryStaleVersion"],
  },
  EndService: {
    prepare: async (story) => story.submit("SetService", service(story, await story.now()), story.keys.ministry),
    message: async (story) => ({ typeId: TYPE, code: CODE, expectedVersion: 1n, endedAt: (await story.now()) + HOUR }),
    keys: ({ keys }) => [keys.ministry],
    refusal: ["ServiceRegistryNotController"],
    replay: "ServiceRegistryNotEarlier",
    stale: ["expectedVersion", "ServiceRegistryStaleVersion"],
  },
  Vote: {
    message: async (story) => ({
      kind: 4n,
      arguments: encode(["bytes20"], [story.agencyId]),
      salt: salt("vote"),
      epoch: await story.contracts.Council.epoch(),
      choice: APPROVE,
    }),
    keys: ({ council }) => [council[0]],
    refusal: ["CouncilNotMember"],
    replay: "CouncilAlreadyVoted",
    stale: ["epoch", "CouncilStaleEpoch"],
  },
  Pause: {
    message: async (story) => ({ epoch: await story.contracts.Council.epoch(), until: (await story.now()) + 10n * HOUR }),
    keys: ({ council }) => [council[0]],
    refusal: ["CouncilNotMember"],
    replay: "CouncilCoolingDown",
    stale: ["epoch", "CouncilStaleEpoch"],
    deadlineAhead: HOUR,
  },
};

function service(story, from) {
  return {
    typeId: TYPE,
    code: CODE,
    expectedVersion: 1n,
    verifier: story.gateId,
    from,
    until: story.until,
    document: documentOf("service"),
  };
}

/** A value of the same field that does not fit the present state. */
export const otherValue = (value) => BigInt(value) + 1n;

export const hexOf = (value, bytes) => toBeHex(value, bytes);
