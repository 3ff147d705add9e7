// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Controller} from "./Controller.sol";

/// @dev Signed by the controller of `root`, an agency that the council admitted.
struct AdmitAgency {
    bytes20 root;
    bytes20 agency;
    Controller endorser;
    uint48 until;
    uint256 nonce;
    uint48 deadline;
}

/// @dev Signed by the controller of `root`, the sponsor of `agency`.
struct DismissAgency {
    bytes20 root;
    bytes20 agency;
    uint256 nonce;
    uint48 deadline;
}

/// @dev Signed by the controller of `agency`.
struct GrantRole {
    bytes20 agency;
    uint8 role;
    Controller grantee;
    uint48 until;
    uint256 nonce;
    uint48 deadline;
}

/// @dev Signed by the controller of `agency`.
struct EndRole {
    bytes20 agency;
    uint8 role;
    Controller grantee;
    uint256 nonce;
    uint48 deadline;
}

using RoleOperations for AdmitAgency global;
using RoleOperations for DismissAgency global;
using RoleOperations for GrantRole global;
using RoleOperations for EndRole global;

/**
 * @title RoleOperations
 * @author Mapae
 * @notice EIP-712 struct hashes of the operations on admissions and roles.
 */
library RoleOperations {
    bytes32 private constant ADMIT_AGENCY = keccak256(
        "AdmitAgency(bytes20 root,bytes20 agency,bytes21 endorser,uint48 until,uint256 nonce,uint48 deadline)"
    );
    bytes32 private constant DISMISS_AGENCY =
        keccak256("DismissAgency(bytes20 root,bytes20 agency,uint256 nonce,uint48 deadline)");
    bytes32 private constant GRANT_ROLE =
        keccak256("GrantRole(bytes20 agency,uint8 role,bytes21 grantee,uint48 until,uint256 nonce,uint48 deadline)");
    bytes32 private constant END_ROLE =
        keccak256("EndRole(bytes20 agency,uint8 role,bytes21 grantee,uint256 nonce,uint48 deadline)");

    function hash(AdmitAgency calldata o) internal pure returns (bytes32) {
        return keccak256(abi.encode(ADMIT_AGENCY, o.root, o.agency, o.endorser, o.until, o.nonce, o.deadline));
    }

    function hash(DismissAgency calldata o) internal pure returns (bytes32) {
        return keccak256(abi.encode(DISMISS_AGENCY, o.root, o.agency, o.nonce, o.deadline));
    }

    function hash(GrantRole calldata o) internal pure returns (bytes32) {
        return keccak256(abi.encode(GRANT_ROLE, o.agency, o.role, o.grantee, o.until, o.nonce, o.deadline));
    }

    function hash(EndRole calldata o) internal pure returns (bytes32) {
        return keccak256(abi.encode(END_ROLE, o.agency, o.role, o.grantee, o.nonce, o.deadline));
    }
}
