// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @dev Signed by the controller of `owner`. `expectedVersion`: the new one, 1-based.
struct RegisterSchema {
    bytes20 owner;
    string vct;
    uint32 expectedVersion;
    bytes document;
    uint48 deadline;
}

using SchemaOperations for RegisterSchema global;

/**
 * @title SchemaOperations
 * @author Mapae
 * @notice EIP-712 struct hash of the one operation on schemas.
 */
library SchemaOperations {
    bytes32 private constant REGISTER_SCHEMA =
        keccak256("RegisterSchema(bytes20 owner,string vct,uint32 expectedVersion,bytes document,uint48 deadline)");

    function hash(RegisterSchema calldata o) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(
                REGISTER_SCHEMA, o.owner, keccak256(bytes(o.vct)), o.expectedVersion, keccak256(o.document), o.deadline
            )
        );
    }
}
