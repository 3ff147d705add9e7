// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDidRegistry} from "./interfaces/IDidRegistry.sol";
import {IDirectory} from "./interfaces/IDirectory.sol";
import {ISchemaRegistry} from "./interfaces/ISchemaRegistry.sol";
import {IServiceRegistry} from "./interfaces/IServiceRegistry.sol";
import {Names} from "./libraries/Names.sol";
import {Operated} from "./libraries/Operated.sol";
import {Succession} from "./libraries/Succession.sol";
import {Controller} from "./types/Controller.sol";
import {MAX_DOCUMENT} from "./types/Limits.sol";
import {EndService, SetService} from "./types/ServiceOperations.sol";

/**
 * @title ServiceRegistry
 * @author Mapae
 * @notice Which verifier may ask for which claims of a type, and what for.
 */
contract ServiceRegistry is IServiceRegistry, Operated, Succession {
    /// @dev Three slots: verifier, version, from · until, endedAt, blockNumber · digest.
    struct Service {
        bytes20 verifier;
        uint32 version;
        uint48 from;
        uint48 until;
        uint48 endedAt;
        uint48 blockNumber;
        bytes32 digest;
    }

    /// @dev key = keccak256(abi.encode(typeId, code)).
    mapping(bytes32 key => Service) private _services;

    /**
     * @notice Fixes the contract's place.
     * @param directory_ The Directory.
     * @param network Name of the network.
     * @param predecessor_ The contract that this one replaces, or zero.
     */
    constructor(IDirectory directory_, string memory network, address predecessor_)
        Operated(network)
        Succession(directory_, Names.SERVICE_REGISTRY, predecessor_)
    {}

    /// @inheritdoc IServiceRegistry
    function setService(SetService calldata operation, bytes calldata controllerSignature) external {
        IDidRegistry dids = IDidRegistry(_peerWhenCurrent(Names.DID_REGISTRY));
        Controller signer = _signer(operation.hash(), operation.deadline, controllerSignature);
        _requireController(dids, operation.typeId, signer);
        _requireWellFormed(operation);
        uint32 version = _serviceOf(operation.typeId, operation.code).version + 1;
        require(operation.expectedVersion == version, ServiceRegistryStaleVersion(operation.expectedVersion, version));
        require(
            dids.headOf(operation.verifier).isActiveOrganisation(),
            ServiceRegistryUnfitVerifier(operation.verifier)
        );
        bytes32 digest = sha256(operation.document);
        _services[_keyOf(operation.typeId, operation.code)] = Service({
            verifier: operation.verifier,
            version: version,
            from: operation.from,
            until: operation.until,
            endedAt: 0,
            blockNumber: uint48(block.number),
            digest: digest
        });
        emit ServiceSet(
            operation.typeId,
            operation.code,
            version,
            operation.verifier,
            operation.from,
            operation.until,
            digest,
            operation.document,
            signer
        );
    }

    /// @inheritdoc IServiceRegistry
    function endService(EndService calldata operation, bytes calldata controllerSignature) external {
        IDidRegistry dids = IDidRegistry(_peerWhenCurrent(Names.DID_REGISTRY));
        Controller signer = _signer(operation.hash(), operation.deadline, controllerSignature);
        _requireController(dids, operation.typeId, signer);
        Service memory service = _serviceOf(operation.typeId, operation.code);
        require(service.version != 0, ServiceRegistryUnknownService(operation.typeId, operation.code));
        require(
            operation.expectedVersion == service.version,
            ServiceRegistryStaleVersion(operation.expectedVersion, service.version)
        );
        uint48 end = service.endedAt == 0 ? service.until : service.endedAt;
        require(operation.endedAt != 0 && operation.endedAt < end, ServiceRegistryNotEarlier(end, operation.endedAt));
        service.endedAt = operation.endedAt;
        _services[_keyOf(operation.typeId, operation.code)] = service;
        emit ServiceEnded(operation.typeId, operation.code, service.version, operation.endedAt, signer);
    }

    /// @inheritdoc IServiceRegistry
    function serviceOf(bytes32 typeId, bytes32 code)
        external
        view
        returns (
            bytes20 verifier,
            uint32 version,
            uint48 from,
            uint48 until,
            uint48 endedAt,
            bytes32 digest,
            uint48 blockNumber
        )
    {
        Service memory service = _serviceOf(typeId, code);
        return (
            service.verifier,
            service.version,
            service.from,
            service.until,
            service.endedAt,
            service.digest,
            service.blockNumber
        );
    }

    function _requireController(IDidRegistry dids, bytes32 typeId, Controller signer) private view {
        (bytes20 owner,) = ISchemaRegistry(_peer(Names.SCHEMA_REGISTRY)).typeOf(typeId);
        require(owner != bytes20(0), ServiceRegistryUnknownType(typeId));
        require(dids.authorize(owner, signer), ServiceRegistryNotController(owner, signer));
    }

    function _serviceOf(bytes32 typeId, bytes32 code) private view returns (Service memory service) {
        service = _services[_keyOf(typeId, code)];
        if (service.version == 0 && _hasPredecessor()) {
            (
                service.verifier,
                service.version,
                service.from,
                service.until,
                service.endedAt,
                service.digest,
                service.blockNumber
            ) = IServiceRegistry(predecessor).serviceOf(typeId, code);
        }
    }

    function _requireWellFormed(SetService calldata operation) private pure {
        require(_isCode(operation.code), ServiceRegistryInvalidCode(operation.code));
        require(operation.from < operation.until, ServiceRegistryInvalidWindow(operation.from, operation.until));
        uint256 length = operation.document.length;
        require(length != 0 && length <= MAX_DOCUMENT, ServiceRegistryDocumentSize(length));
    }

    /// @dev At least one of A-Z, 0-9 and -, and nothing but zeros behind them.
    function _isCode(bytes32 code) private pure returns (bool) {
        bytes32 rest = code;
        while (rest != 0) {
            bytes1 letter = rest[0];
            bool allowed = (letter >= "A" && letter <= "Z") || (letter >= "0" && letter <= "9") || letter == "-";
            if (!allowed) {
                return false;
            }
            rest <<= 8;
        }
        return code != 0;
    }

    function _keyOf(bytes32 typeId, bytes32 code) private pure returns (bytes32) {
        return keccak256(abi.encode(typeId, code));
    }
}
