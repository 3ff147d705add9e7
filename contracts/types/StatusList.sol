// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @dev Words of one plane: 131,072 bits.
uint256 constant PLANE_WORDS = 512;

/// @dev First word of the suspension plane; the revocation plane starts at 0.
uint256 constant SUSPENSION_PLANE = 512;

/// @dev Words of a list: both planes.
uint256 constant LIST_WORDS = 1024;

/// @dev Sets bits of the revocation plane, for good.
uint8 constant OP_REVOKE = 1;

/// @dev Sets bits of the suspension plane.
uint8 constant OP_SUSPEND = 2;

/// @dev Clears bits of the suspension plane.
uint8 constant OP_LIFT = 3;

/**
 * @notice A status list. Slot 0: owner, seq and publishedSeq from the lowest bit up; 1: opsHead; 2: publishedDigest;
 * 3 + i: word i.
 * @dev Index i of a plane is bit 255 - (i % 256) of its word i / 256, so that words read big-endian are the bytes of a
 * Bitstring Status List.
 */
struct StatusList {
    bytes20 owner;
    uint48 seq;
    uint48 publishedSeq;
    bytes32 opsHead;
    bytes32 publishedDigest;
    uint256[1024] words;
}
