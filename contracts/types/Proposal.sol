// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/**
 * @notice Where a proposal stands.
 * @dev None: no vote yet. Open: being voted on. Ready: decided, waits for the delay and its execution. Executed and
 * Cancelled: final. Void: its votes were those of an earlier council; it may be voted on anew. Expired: decided but
 * not executed in time; final.
 */
enum ProposalState {
    None,
    Open,
    Ready,
    Executed,
    Cancelled,
    Void,
    Expired
}

/// @dev Replace the whole council: (bytes21[] members, uint8 threshold). Waits the delay.
uint8 constant PROPOSAL_SET_COUNCIL = 1;

/// @dev List the next generation of a contract: (bytes32 name, address target, bytes32 codeHash, bytes32 layoutId).
/// Waits the delay.
uint8 constant PROPOSAL_DIRECTORY = 2;

/// @dev Admit an agency: (bytes20 agency, bytes21 endorser, uint48 until). Waits the delay.
uint8 constant PROPOSAL_ADMIT = 3;

/// @dev Dismiss an agency: (bytes20 agency). At once.
uint8 constant PROPOSAL_DISMISS = 4;

/// @dev Give a grant of depth 1: (bytes20 agency, bytes32 typeId, uint48 from, uint48 until, bool mayIssue,
/// bool mayAccredit). Waits the delay.
uint8 constant PROPOSAL_GRANT_ROOT = 5;

/// @dev End any grant: (bytes20 agency, bytes32 typeId, uint32 seq, uint48 endedAt). At once.
uint8 constant PROPOSAL_END_GRANT = 6;

/// @dev Mark a key as compromised: (bytes20 id, bytes32 keyThumbprint, uint48 since). At once.
uint8 constant PROPOSAL_COMPROMISE = 7;

/// @dev A member's choice: carry it out.
uint8 constant CHOICE_APPROVE = 1;

/// @dev A member's choice: never carry it out.
uint8 constant CHOICE_CANCEL = 2;
