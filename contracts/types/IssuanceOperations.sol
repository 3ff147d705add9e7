// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @dev Signed by the controller of `agency` or one of its issuance operators. `expectedSeq`: the new one, 1-based.
struct AnchorIssuance {
    bytes20 agency;
    uint64 expectedSeq;
    bytes32 root;
    uint64 count;
    uint48 deadline;
}

using IssuanceOperations for AnchorIssuance global;

/**
 * @title IssuanceOperations
 * @author Mapae
 * @notice EIP-712 struct hash of the one operation on issuance.
 */
library IssuanceOperations {
    bytes32 private constant ANCHOR_ISSUANCE =
        keccak256("AnchorIssuance(bytes20 agency,uint64 expectedSeq,bytes32 root,uint64 count,uint48 deadline)");

    function hash(AnchorIssuance calldata o) internal pure returns (bytes32) {
        return keccak256(abi.encode(ANCHOR_ISSUANCE, o));
    }
}
