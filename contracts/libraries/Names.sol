// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/**
 * @title Names
 * @author Mapae
 * @notice The names under which Directory lists the contracts.
 */
library Names {
    bytes32 internal constant COUNCIL = "Council";
    bytes32 internal constant ROLES = "Roles";
    bytes32 internal constant DID_REGISTRY = "DidRegistry";
    bytes32 internal constant ACCREDITATION_REGISTRY = "AccreditationRegistry";
    bytes32 internal constant ISSUANCE_LOG = "IssuanceLog";
    bytes32 internal constant STATUS_REGISTRY = "StatusRegistry";
    bytes32 internal constant SCHEMA_REGISTRY = "SchemaRegistry";
    bytes32 internal constant SERVICE_REGISTRY = "ServiceRegistry";
}
