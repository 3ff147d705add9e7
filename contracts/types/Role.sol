// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @dev May give the second signature that creates a DID, while its agency is admitted.
uint8 constant ROLE_ENDORSER = 1;

/// @dev May revoke, suspend, lift, anchor snapshots and deactivate holders in its agency's name: the 24-hour desk.
uint8 constant ROLE_STATUS_OPERATOR = 2;

/// @dev May anchor issuance roots in its agency's name: the issuing server.
uint8 constant ROLE_ISSUANCE_OPERATOR = 3;

/**
 * @notice An agency's admission. One slot.
 * @dev `sponsor` is the root that admitted it; zero: the council did, and it is a root itself.
 */
struct Admission {
    uint48 from;
    uint48 until;
    bytes20 sponsor;
}

/// @notice The time in which a key holds a role: [from, until). One slot.
struct Term {
    uint48 from;
    uint48 until;
}
