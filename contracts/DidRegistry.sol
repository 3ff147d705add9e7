// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccreditationRegistry} from "./interfaces/IAccreditationRegistry.sol";
import {IDidRegistry} from "./interfaces/IDidRegistry.sol";
import {IDirectory} from "./interfaces/IDirectory.sol";
import {IRoles} from "./interfaces/IRoles.sol";
import {DidRecords} from "./libraries/DidRecords.sol";
import {Names} from "./libraries/Names.sol";
import {Operated} from "./libraries/Operated.sol";
import {Succession} from "./libraries/Succession.sol";
import {Controller, Controllers, NOBODY} from "./types/Controller.sol";
import {
    CreateHolder,
    CreateOrganisation,
    DeactivateDid,
    DeactivateHolder,
    MarkCompromised,
    TransferControl,
    UpdateDocument
} from "./types/DidOperations.sol";
import {COUNCIL_ID, DID_HOLDER, DID_ORGANISATION, DidHead, ID_TAG} from "./types/DidRecord.sol";
import {MAX_DID_DOCUMENT} from "./types/Limits.sol";
import {ROLE_ENDORSER, ROLE_STATUS_OPERATOR} from "./types/Role.sol";

/**
 * @title DidRegistry
 * @author Mapae
 * @notice The DIDs of organisations and of persons' phones.
 */
contract DidRegistry is DidRecords, Operated {
    /**
     * @notice Fixes the contract's place.
     * @param directory_ The Directory.
     * @param network Name of the network.
     * @param predecessor_ The contract that this one replaces, or zero.
     */
    constructor(IDirectory directory_, string memory network, address predecessor_)
        Operated(network)
        Succession(directory_, Names.DID_REGISTRY, predecessor_)
    {}

    /// @inheritdoc IDidRegistry
    function createOrganisation(
        CreateOrganisation calldata operation,
        bytes calldata controllerSignature,
        bytes calldata endorserSignature
    ) external {
        IRoles roles = IRoles(_peerWhenRunning(Names.ROLES));
        (Controller signer, Controller endorser) =
            _signers(operation.hash(), operation.deadline, controllerSignature, endorserSignature);
        bytes20 id = _newId(DID_ORGANISATION, signer, operation.salt);
        require(signer == operation.controller, DidRegistryNotController(id, signer));
        _requireEndorser(roles, operation.agency, endorser);
        _createOrganisation(id, signer, operation, endorser);
    }

    /// @inheritdoc IDidRegistry
    function createHolder(
        CreateHolder calldata operation,
        bytes calldata controllerSignature,
        bytes calldata endorserSignature
    ) external {
        IRoles roles = IRoles(_peerWhenRunning(Names.ROLES));
        (Controller signer, Controller endorser) =
            _signers(operation.hash(), operation.deadline, controllerSignature, endorserSignature);
        bytes20 id = _newId(DID_HOLDER, signer, operation.salt);
        require(signer == Controllers.ofP256(operation.x, operation.y), DidRegistryNotController(id, signer));
        bytes20 guardian = operation.guardian;
        require(_headOf(guardian).isActiveOrganisation(), DidRegistryNotGuardian(id, guardian));
        _requireEndorser(roles, guardian, endorser);
        _createHolder(id, signer, operation, endorser);
    }

    /// @inheritdoc IDidRegistry
    function updateDocument(UpdateDocument calldata operation, bytes calldata controllerSignature) external {
        _requireCurrent();
        Controller signer = _signer(operation.hash(), operation.deadline, controllerSignature);
        DidHead head = _requireOrganisation(operation.id, operation.expectedVersion, signer);
        bytes32 previous = _advance(operation.id, head, signer, _digestOf(operation.document));
        emit DocumentUpdated(
            operation.id, head.version() + 1, signer, previous, head.blockNumber(), operation.document
        );
    }

    /// @inheritdoc IDidRegistry
    function transferControl(
        TransferControl calldata operation,
        bytes calldata controllerSignature,
        bytes calldata newControllerSignature
    ) external {
        _requireRunning();
        (Controller signer, Controller successor) =
            _signers(operation.hash(), operation.deadline, controllerSignature, newControllerSignature);
        DidHead head = _requireOrganisation(operation.id, operation.expectedVersion, signer);
        require(successor == operation.newController, DidRegistryNotNewController(operation.newController, successor));
        _transfer(operation, head, successor);
    }

    /// @inheritdoc IDidRegistry
    function deactivateDid(DeactivateDid calldata operation, bytes calldata controllerSignature) external {
        _requireCurrent();
        Controller signer = _signer(operation.hash(), operation.deadline, controllerSignature);
        DidHead head = _requireControl(operation.id, operation.expectedVersion, signer);
        _deactivate(operation.id, head, signer, operation.id);
    }

    /// @inheritdoc IDidRegistry
    function deactivateHolder(DeactivateHolder calldata operation, bytes calldata guardianSignature) external {
        IRoles roles = IRoles(_peerWhenCurrent(Names.ROLES));
        Controller signer = _signer(operation.hash(), operation.deadline, guardianSignature);
        DidHead head = _requireExisting(operation.id);
        bytes20 guardian = operation.guardian;
        require(
            guardian != bytes20(0) && _guardianOf(operation.id) == guardian,
            DidRegistryNotGuardian(operation.id, guardian)
        );
        require(
            roles.holds(guardian, ROLE_STATUS_OPERATOR, signer) || _headOf(guardian).isAgencyOf(signer),
            DidRegistryNotStatusOperator(guardian, signer)
        );
        if (head.isActive()) {
            _deactivate(operation.id, _adopt(operation.id), signer, guardian);
        }
    }

    /// @inheritdoc IDidRegistry
    function markCompromised(MarkCompromised calldata operation, bytes calldata controllerSignature) external {
        _requireCurrent();
        Controller signer = _signer(operation.hash(), operation.deadline, controllerSignature);
        DidHead head = _headOf(operation.reporter);
        if (operation.reporter == operation.id) {
            // A DID that has ended can still tell of a stolen key.
            require(head.exists() && head.controller() == signer, DidRegistryNotController(operation.id, signer));
        } else {
            require(head.isControlledBy(signer), DidRegistryNotController(operation.reporter, signer));
            _requireGrantor(operation);
        }
        _mark(operation.id, operation.keyThumbprint, operation.since, operation.reporter, signer);
    }

    /// @inheritdoc IDidRegistry
    function councilCompromise(bytes20 id, bytes32 keyThumbprint, uint48 since) external {
        _requireCouncil();
        _mark(id, keyThumbprint, since, COUNCIL_ID, NOBODY);
    }

    // --- writing ---

    function _createOrganisation(
        bytes20 id,
        Controller controller,
        CreateOrganisation calldata operation,
        Controller endorser
    ) private {
        bytes calldata content = operation.document;
        _create(id, DID_ORGANISATION, controller, _digestOf(content));
        emit OrganisationCreated(id, 1, controller, 0, 0, operation.salt, operation.agency, endorser, content);
    }

    function _createHolder(
        bytes20 id,
        Controller controller,
        CreateHolder calldata operation,
        Controller endorser
    ) private {
        (bytes32 x, bytes32 y, bytes32 salt, bytes20 guardian) =
            (operation.x, operation.y, operation.salt, operation.guardian);
        _create(id, DID_HOLDER, controller, sha256(abi.encodePacked(x, y, salt, guardian)));
        _setGuardian(id, guardian);
        emit HolderCreated(id, 1, controller, 0, 0, x, y, salt, guardian, endorser);
    }

    function _transfer(TransferControl calldata operation, DidHead head, Controller successor) private {
        bytes calldata content = operation.document;
        bytes32 previous = _advance(operation.id, head, successor, _digestOf(content));
        emit ControlTransferred(
            operation.id,
            head.version() + 1,
            successor,
            previous,
            head.blockNumber(),
            head.controller(),
            content
        );
    }

    // --- requirements ---

    function _requireControl(bytes20 id, uint32 expectedVersion, Controller signer) private returns (DidHead head) {
        head = _adopt(id);
        require(!head.isDeactivated(), DidRegistryDeactivated(id));
        require(head.controller() == signer, DidRegistryNotController(id, signer));
        require(head.version() == expectedVersion, DidRegistryStaleVersion(id, expectedVersion, head.version()));
    }

    function _requireOrganisation(bytes20 id, uint32 expectedVersion, Controller signer)
        private
        returns (DidHead head)
    {
        head = _requireControl(id, expectedVersion, signer);
        require(head.kind() == DID_ORGANISATION, DidRegistryNotOrganisation(id));
    }

    /// @dev Asks as {IRoles-isAuthorised} would answer, without a way back to this contract.
    function _requireEndorser(IRoles roles, bytes20 agency, Controller signer) private view {
        DidHead head = _headOf(agency);
        bool endorses = head.isAgencyOf(signer)
            ? roles.isAdmitted(agency)
            : !head.isDeactivated() && roles.holds(agency, ROLE_ENDORSER, signer);
        require(endorses, DidRegistryNotEndorser(agency, signer));
    }

    function _requireGrantor(MarkCompromised calldata operation) private view {
        bytes20 grantor = IAccreditationRegistry(_peer(Names.ACCREDITATION_REGISTRY)).grantOf(
            operation.id, operation.typeId, operation.seq
        ).grantor;
        require(
            grantor == operation.reporter && grantor != COUNCIL_ID,
            DidRegistryNotGrantor(operation.id, operation.reporter, operation.typeId, operation.seq)
        );
    }

    // --- reading ---

    function _newId(uint8 kind, Controller controller, bytes32 salt) private view returns (bytes20 id) {
        id = bytes20(keccak256(abi.encode(ID_TAG, kind, controller, salt)));
        require(!_headOf(id).exists(), DidRegistryExists(id));
    }

    function _digestOf(bytes calldata content) private pure returns (bytes32) {
        require(content.length != 0 && content.length <= MAX_DID_DOCUMENT, DidRegistryDocumentSize(content.length));
        return sha256(content);
    }
}
