// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @dev Signed by the controller of the type's owner. `expectedVersion`: the new one, 1-based.
struct SetService {
    bytes32 typeId;
    bytes32 code;
    uint32 expectedVersion;
    bytes20 verifier;
    uint48 from;
    uint48 until;
    bytes document;
    uint48 deadline;
}

/// @dev Signed by the controller of the type's owner. `expectedVersion`: the version in force, which ends.
struct EndService {
    bytes32 typeId;
    bytes32 code;
    uint32 expectedVersion;
    uint48 endedAt;
    uint48 deadline;
}

using ServiceOperations for SetService global;
using ServiceOperations for EndService global;

/**
 * @title ServiceOperations
 * @author Mapae
 * @notice EIP-712 struct hashes of the operations on service codes.
 */
library ServiceOperations {
    bytes32 private constant SET_SERVICE = keccak256(
        "SetService(bytes32 typeId,bytes32 code,uint32 expectedVersion,bytes20 verifier,uint48 from,uint48 until,"
        "bytes document,uint48 deadline)"
    );
    bytes32 private constant END_SERVICE =
        keccak256("EndService(bytes32 typeId,bytes32 code,uint32 expectedVersion,uint48 endedAt,uint48 deadline)");

    function hash(SetService calldata o) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(
                SET_SERVICE,
                o.typeId,
                o.code,
                o.expectedVersion,
                o.verifier,
                o.from,
                o.until,
                keccak256(o.document),
                o.deadline
            )
        );
    }

    function hash(EndService calldata o) internal pure returns (bytes32) {
        return keccak256(abi.encode(END_SERVICE, o));
    }
}
