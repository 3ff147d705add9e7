// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccreditationRegistry} from "./interfaces/IAccreditationRegistry.sol";
import {IDidRegistry} from "./interfaces/IDidRegistry.sol";
import {IDirectory} from "./interfaces/IDirectory.sol";
import {ISchemaRegistry} from "./interfaces/ISchemaRegistry.sol";
import {Names} from "./libraries/Names.sol";
import {Operated} from "./libraries/Operated.sol";
import {Succession} from "./libraries/Succession.sol";
import {Controller} from "./types/Controller.sol";
import {MAX_DOCUMENT, MAX_TYPE_NAME} from "./types/Limits.sol";
import {RegisterSchema} from "./types/SchemaOperations.sol";

/**
 * @title SchemaRegistry
 * @author Mapae
 * @notice What a type of credential contains, version by version.
 */
contract SchemaRegistry is ISchemaRegistry, Operated, Succession {
    /// @dev One slot.
    struct CredentialType {
        bytes20 owner;
        uint32 count;
    }

    /// @dev Two slots.
    struct SchemaVersion {
        bytes32 digest;
        uint48 blockNumber;
    }

    mapping(bytes32 typeId => CredentialType) private _types;
    mapping(bytes32 typeId => mapping(uint32 version => SchemaVersion)) private _versions;

    /**
     * @notice Fixes the contract's place.
     * @param directory_ The Directory.
     * @param network Name of the network.
     * @param predecessor_ The contract that this one replaces, or zero.
     */
    constructor(IDirectory directory_, string memory network, address predecessor_)
        Operated(network)
        Succession(directory_, Names.SCHEMA_REGISTRY, predecessor_)
    {}

    /// @inheritdoc ISchemaRegistry
    function registerSchema(RegisterSchema calldata operation, bytes calldata controllerSignature) external {
        IDidRegistry dids = IDidRegistry(_peerWhenCurrent(Names.DID_REGISTRY));
        Controller signer = _signer(operation.hash(), operation.deadline, controllerSignature);
        bytes20 owner = operation.owner;
        require(dids.authorize(owner, signer), SchemaRegistryNotController(owner, signer));
        _requireSizes(bytes(operation.vct).length, operation.document.length);
        bytes32 typeId = keccak256(bytes(operation.vct));
        uint32 version = _nextVersion(typeId, owner);
        require(operation.expectedVersion == version, SchemaRegistryStaleVersion(operation.expectedVersion, version));
        bytes32 digest = sha256(operation.document);
        _types[typeId] = CredentialType(owner, version);
        _versions[typeId][version] = SchemaVersion(digest, uint48(block.number));
        emit SchemaRegistered(typeId, version, owner, digest, operation.vct, operation.document, signer);
    }

    /// @inheritdoc ISchemaRegistry
    function typeOf(bytes32 typeId) external view returns (bytes20 owner, uint32 count) {
        return _typeOf(typeId);
    }

    /// @inheritdoc ISchemaRegistry
    function digestOf(bytes32 typeId, uint32 version) external view returns (bytes32 digest, uint48 blockNumber) {
        SchemaVersion storage found = _versions[typeId][version];
        if (found.digest == 0 && _hasPredecessor()) {
            return ISchemaRegistry(predecessor).digestOf(typeId, version);
        }
        return (found.digest, found.blockNumber);
    }

    /// @dev Whoever opens a type needs the council's grant of it; afterwards the type is the owner's.
    function _nextVersion(bytes32 typeId, bytes20 owner) private view returns (uint32) {
        (bytes20 present, uint32 count) = _typeOf(typeId);
        if (count == 0) {
            address accreditations = _peer(Names.ACCREDITATION_REGISTRY);
            require(
                IAccreditationRegistry(accreditations).holdsRootGrant(owner, typeId),
                SchemaRegistryNoRootGrant(owner, typeId)
            );
        } else {
            require(present == owner, SchemaRegistryNotOwner(typeId, present));
        }
        return count + 1;
    }

    function _typeOf(bytes32 typeId) private view returns (bytes20 owner, uint32 count) {
        CredentialType storage found = _types[typeId];
        if (found.count == 0 && _hasPredecessor()) {
            return ISchemaRegistry(predecessor).typeOf(typeId);
        }
        return (found.owner, found.count);
    }

    function _requireSizes(uint256 name, uint256 document) private pure {
        require(name != 0 && name <= MAX_TYPE_NAME, SchemaRegistryNameSize(name));
        require(document != 0 && document <= MAX_DOCUMENT, SchemaRegistryDocumentSize(document));
    }
}
