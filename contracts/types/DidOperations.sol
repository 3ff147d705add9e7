// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Controller} from "./Controller.sol";

/// @dev Signed by `controller` and by an endorser of `agency`.
struct CreateOrganisation {
    Controller controller;
    bytes32 salt;
    bytes20 agency;
    bytes document;
    uint48 deadline;
}

/// @dev Signed by the P-256 key (x, y) and by an endorser of `guardian`. Fixed-size values only: a person's path.
struct CreateHolder {
    bytes32 x;
    bytes32 y;
    bytes32 salt;
    bytes20 guardian;
    uint48 deadline;
}

/// @dev Signed by the controller of `id`.
struct UpdateDocument {
    bytes20 id;
    uint32 expectedVersion;
    bytes document;
    uint48 deadline;
}

/// @dev Signed by the controller of `id` and by `newController`.
struct TransferControl {
    bytes20 id;
    uint32 expectedVersion;
    Controller newController;
    bytes document;
    uint48 deadline;
}

/// @dev Signed by the controller of `id`.
struct DeactivateDid {
    bytes20 id;
    uint32 expectedVersion;
    uint48 deadline;
}

/// @dev Signed by the controller of `guardian` or one of its status operators. Idempotent.
struct DeactivateHolder {
    bytes20 id;
    bytes20 guardian;
    uint48 deadline;
}

/// @dev Signed by the controller of `reporter`: the DID itself, or the grantor of grant (id, typeId, seq). Idempotent.
struct MarkCompromised {
    bytes20 id;
    bytes32 keyThumbprint;
    uint48 since;
    bytes20 reporter;
    bytes32 typeId;
    uint32 seq;
    uint48 deadline;
}

using DidOperations for CreateOrganisation global;
using DidOperations for CreateHolder global;
using DidOperations for UpdateDocument global;
using DidOperations for TransferControl global;
using DidOperations for DeactivateDid global;
using DidOperations for DeactivateHolder global;
using DidOperations for MarkCompromised global;

/**
 * @title DidOperations
 * @author Mapae
 * @notice EIP-712 struct hashes of the operations on DIDs.
 */
library DidOperations {
    bytes32 private constant CREATE_ORGANISATION = keccak256(
        "CreateOrganisation(bytes21 controller,bytes32 salt,bytes20 agency,bytes document,uint48 deadline)"
    );
    bytes32 private constant CREATE_HOLDER =
        keccak256("CreateHolder(bytes32 x,bytes32 y,bytes32 salt,bytes20 guardian,uint48 deadline)");
    bytes32 private constant UPDATE_DOCUMENT =
        keccak256("UpdateDocument(bytes20 id,uint32 expectedVersion,bytes document,uint48 deadline)");
    bytes32 private constant TRANSFER_CONTROL = keccak256(
        "TransferControl(bytes20 id,uint32 expectedVersion,bytes21 newController,bytes document,uint48 deadline)"
    );
    bytes32 private constant DEACTIVATE_DID =
        keccak256("DeactivateDid(bytes20 id,uint32 expectedVersion,uint48 deadline)");
    bytes32 private constant DEACTIVATE_HOLDER =
        keccak256("DeactivateHolder(bytes20 id,bytes20 guardian,uint48 deadline)");
    bytes32 private constant MARK_COMPROMISED = keccak256(
        "MarkCompromised(bytes20 id,bytes32 keyThumbprint,uint48 since,bytes20 reporter,bytes32 typeId,"
        "uint32 seq,uint48 deadline)"
    );

    function hash(CreateOrganisation calldata o) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(CREATE_ORGANISATION, o.controller, o.salt, o.agency, keccak256(o.document), o.deadline)
        );
    }

    function hash(CreateHolder calldata o) internal pure returns (bytes32) {
        return keccak256(abi.encode(CREATE_HOLDER, o.x, o.y, o.salt, o.guardian, o.deadline));
    }

    function hash(UpdateDocument calldata o) internal pure returns (bytes32) {
        return keccak256(abi.encode(UPDATE_DOCUMENT, o.id, o.expectedVersion, keccak256(o.document), o.deadline));
    }

    function hash(TransferControl calldata o) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(TRANSFER_CONTROL, o.id, o.expectedVersion, o.newController, keccak256(o.document), o.deadline)
        );
    }

    function hash(DeactivateDid calldata o) internal pure returns (bytes32) {
        return keccak256(abi.encode(DEACTIVATE_DID, o.id, o.expectedVersion, o.deadline));
    }

    function hash(DeactivateHolder calldata o) internal pure returns (bytes32) {
        return keccak256(abi.encode(DEACTIVATE_HOLDER, o.id, o.guardian, o.deadline));
    }

    function hash(MarkCompromised calldata o) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(MARK_COMPROMISED, o.id, o.keyThumbprint, o.since, o.reporter, o.typeId, o.seq, o.deadline)
        );
    }
}
