// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @dev Signed, like every operation of this file, by the controller of the list's owner or one of its status
/// operators.
struct OpenList {
    bytes20 owner;
    bytes32 salt;
    uint48 deadline;
}

/// @dev `startWord` 0..511 in the revocation plane; index i = bit 255 - (i % 256) of word i / 256. Idempotent.
struct Revoke {
    bytes32 list;
    uint16 startWord;
    uint256[] masks;
    uint48 deadline;
}

/// @dev `startWord` 0..511 in the suspension plane.
struct Suspend {
    bytes32 list;
    uint16 startWord;
    uint256[] masks;
    uint256 nonce;
    uint48 deadline;
}

/// @dev `startWord` 0..511 in the suspension plane.
struct Lift {
    bytes32 list;
    uint16 startWord;
    uint256[] masks;
    uint256 nonce;
    uint48 deadline;
}

/// @dev `digest` = sha256 of words 0..1023, big-endian, as they stood at `seq`.
struct AnchorSnapshot {
    bytes32 list;
    uint48 seq;
    bytes32 digest;
    uint48 deadline;
}

using StatusOperations for OpenList global;
using StatusOperations for Revoke global;
using StatusOperations for Suspend global;
using StatusOperations for Lift global;
using StatusOperations for AnchorSnapshot global;

/**
 * @title StatusOperations
 * @author Mapae
 * @notice EIP-712 struct hashes of the operations on status lists.
 */
library StatusOperations {
    bytes32 private constant OPEN_LIST = keccak256("OpenList(bytes20 owner,bytes32 salt,uint48 deadline)");
    bytes32 private constant REVOKE =
        keccak256("Revoke(bytes32 list,uint16 startWord,uint256[] masks,uint48 deadline)");
    bytes32 private constant SUSPEND =
        keccak256("Suspend(bytes32 list,uint16 startWord,uint256[] masks,uint256 nonce,uint48 deadline)");
    bytes32 private constant LIFT =
        keccak256("Lift(bytes32 list,uint16 startWord,uint256[] masks,uint256 nonce,uint48 deadline)");
    bytes32 private constant ANCHOR_SNAPSHOT =
        keccak256("AnchorSnapshot(bytes32 list,uint48 seq,bytes32 digest,uint48 deadline)");

    function hash(OpenList calldata o) internal pure returns (bytes32) {
        return keccak256(abi.encode(OPEN_LIST, o));
    }

    function hash(Revoke calldata o) internal pure returns (bytes32) {
        return keccak256(abi.encode(REVOKE, o.list, o.startWord, keccak256(abi.encodePacked(o.masks)), o.deadline));
    }

    function hash(Suspend calldata o) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(SUSPEND, o.list, o.startWord, keccak256(abi.encodePacked(o.masks)), o.nonce, o.deadline)
        );
    }

    function hash(Lift calldata o) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(LIFT, o.list, o.startWord, keccak256(abi.encodePacked(o.masks)), o.nonce, o.deadline)
        );
    }

    function hash(AnchorSnapshot calldata o) internal pure returns (bytes32) {
        return keccak256(abi.encode(ANCHOR_SNAPSHOT, o));
    }
}
