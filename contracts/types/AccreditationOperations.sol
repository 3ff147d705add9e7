// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @dev Signed by the controller of `grantor`. Parent grant: (grantor, typeId, grantorSeq); `expectedSeq`: the new one.
struct Accredit {
    bytes20 grantor;
    uint32 grantorSeq;
    bytes20 agency;
    bytes32 typeId;
    uint32 expectedSeq;
    uint48 from;
    uint48 until;
    bool mayIssue;
    bool mayAccredit;
    uint48 deadline;
}

/// @dev Signed by the controller of `grantor`.
struct EndGrant {
    bytes20 grantor;
    bytes20 agency;
    bytes32 typeId;
    uint32 seq;
    uint48 endedAt;
    uint256 nonce;
    uint48 deadline;
}

using AccreditationOperations for Accredit global;
using AccreditationOperations for EndGrant global;

/**
 * @title AccreditationOperations
 * @author Mapae
 * @notice EIP-712 struct hashes of the operations on accreditations.
 */
library AccreditationOperations {
    bytes32 private constant ACCREDIT = keccak256(
        "Accredit(bytes20 grantor,uint32 grantorSeq,bytes20 agency,bytes32 typeId,uint32 expectedSeq,"
        "uint48 from,uint48 until,bool mayIssue,bool mayAccredit,uint48 deadline)"
    );
    bytes32 private constant END_GRANT = keccak256(
        "EndGrant(bytes20 grantor,bytes20 agency,bytes32 typeId,uint32 seq,uint48 endedAt,"
        "uint256 nonce,uint48 deadline)"
    );

    function hash(Accredit calldata o) internal pure returns (bytes32) {
        // Only fixed-size fields: the ABI encoding of the struct is its EIP-712 encoding.
        return keccak256(abi.encode(ACCREDIT, o));
    }

    function hash(EndGrant calldata o) internal pure returns (bytes32) {
        return keccak256(abi.encode(END_GRANT, o));
    }
}
