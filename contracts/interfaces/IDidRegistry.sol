// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Controller} from "../types/Controller.sol";
import {
    CreateHolder,
    CreateOrganisation,
    DeactivateDid,
    DeactivateHolder,
    MarkCompromised,
    TransferControl,
    UpdateDocument
} from "../types/DidOperations.sol";
import {DidHead} from "../types/DidRecord.sol";
import {IDidEvents} from "./IDidEvents.sol";
import {IOperated} from "./IOperated.sol";
import {ISuccession} from "./ISuccession.sol";

/**
 * @title IDidRegistry
 * @author Mapae
 * @notice The DIDs of organisations and of persons' phones. Keeps who controls a DID and one digest of its whole
 * history; documents live in the events. Of a person only values of fixed size are taken: a public key, a salt, the
 * guardian.
 */
interface IDidRegistry is IDidEvents, IOperated, ISuccession {
    /// @notice The DID exists already, here or in a contract before this one.
    /// @param id The DID.
    error DidRegistryExists(bytes20 id);

    /// @notice There is no such DID.
    /// @param id The DID.
    error DidRegistryUnknown(bytes20 id);

    /// @notice The DID has ended; nothing brings it back.
    /// @param id The DID.
    error DidRegistryDeactivated(bytes20 id);

    /// @notice The change was signed for another version; read the DID again and sign anew.
    /// @param id The DID.
    /// @param expected Version that was signed.
    /// @param actual Version that stands.
    error DidRegistryStaleVersion(bytes20 id, uint32 expected, uint32 actual);

    /// @notice The signer does not control the DID.
    /// @param id The DID; at a creation, the one that the signer could have created.
    /// @param signer Who signed.
    error DidRegistryNotController(bytes20 id, Controller signer);

    /// @notice The second signature is not by the key that is to take over.
    /// @param newController Who is to take over.
    /// @param signer Who signed.
    error DidRegistryNotNewController(Controller newController, Controller signer);

    /// @notice The signer may not endorse in this agency's name now.
    /// @param agency The agency.
    /// @param signer Who signed.
    error DidRegistryNotEndorser(bytes20 agency, Controller signer);

    /// @notice The DID is a holder's: it has no document to change and cannot be handed over.
    /// @param id The DID.
    error DidRegistryNotOrganisation(bytes20 id);

    /// @notice The DID is not a holder whose guardian this is.
    /// @param id The DID.
    /// @param guardian The DID that was named as guardian.
    error DidRegistryNotGuardian(bytes20 id, bytes20 guardian);

    /// @notice The signer may not act for the guardian now.
    /// @param guardian The guardian.
    /// @param signer Who signed.
    error DidRegistryNotStatusOperator(bytes20 guardian, Controller signer);

    /// @notice A document has between 1 and 8192 bytes.
    /// @param length Bytes that were given.
    error DidRegistryDocumentSize(uint256 length);

    /// @notice The time is 0 or in the future.
    /// @param since Time that was given.
    /// @param time Time of the block.
    error DidRegistryInvalidSince(uint48 since, uint256 time);

    /// @notice A thumbprint is never zero.
    error DidRegistryInvalidThumbprint();

    /**
     * @notice The reporter never gave the DID the grant that it names.
     * @param id The DID.
     * @param reporter Who reports.
     * @param typeId Type of the grant.
     * @param seq Number of the grant.
     */
    error DidRegistryNotGrantor(bytes20 id, bytes20 reporter, bytes32 typeId, uint32 seq);

    /**
     * @notice Creates the DID of an organisation.
     * @dev Requirements: not paused; the id is new in every generation; the endorser counts now.
     * Emits {OrganisationCreated}.
     * @param operation The creation.
     * @param controllerSignature By the key that will control the DID.
     * @param endorserSignature By an Endorser, or the controller, of `operation.agency`.
     */
    function createOrganisation(
        CreateOrganisation calldata operation,
        bytes calldata controllerSignature,
        bytes calldata endorserSignature
    ) external;

    /**
     * @notice Creates the DID of a person's phone.
     * @dev Requirements: not paused; the id is new in every generation; the endorser counts now; the guardian is an
     * active organisation. Emits {HolderCreated}.
     * @param operation The creation.
     * @param controllerSignature By the phone's P-256 key.
     * @param endorserSignature By an Endorser, or the controller, of `operation.guardian`.
     */
    function createHolder(
        CreateHolder calldata operation,
        bytes calldata controllerSignature,
        bytes calldata endorserSignature
    ) external;

    /**
     * @notice Replaces the document of an organisation.
     * @dev Emits {DocumentUpdated}.
     * @param operation The change.
     * @param controllerSignature By the controller.
     */
    function updateDocument(UpdateDocument calldata operation, bytes calldata controllerSignature) external;

    /**
     * @notice Hands an organisation over to another key, with its next document.
     * @dev Requirements: not paused. Emits {ControlTransferred}.
     * @param operation The hand-over.
     * @param controllerSignature By the controller.
     * @param newControllerSignature By the key that takes over.
     */
    function transferControl(
        TransferControl calldata operation,
        bytes calldata controllerSignature,
        bytes calldata newControllerSignature
    ) external;

    /**
     * @notice Ends a DID for good. Never paused.
     * @dev Emits {DidDeactivated}.
     * @param operation The ending.
     * @param controllerSignature By the controller.
     */
    function deactivateDid(DeactivateDid calldata operation, bytes calldata controllerSignature) external;

    /**
     * @notice Ends a holder in its guardian's name. Never paused; does nothing if it has ended already.
     * @dev May emit {DidDeactivated}.
     * @param operation The ending.
     * @param guardianSignature By the guardian's controller or one of its status operators.
     */
    function deactivateHolder(DeactivateHolder calldata operation, bytes calldata guardianSignature) external;

    /**
     * @notice Marks a key as stolen since a time. Never paused; does nothing if an earlier time is marked already.
     * @dev May emit {KeyCompromised}.
     * @param operation The mark.
     * @param controllerSignature By the controller of the reporter.
     */
    function markCompromised(MarkCompromised calldata operation, bytes calldata controllerSignature) external;

    /**
     * @notice The council marks a key as stolen.
     * @dev Requirements: caller is the council. May emit {KeyCompromised}.
     * @param id The DID.
     * @param keyThumbprint RFC 7638 SHA-256 thumbprint of the key.
     * @param since Unix seconds, not in the future.
     */
    function councilCompromise(bytes20 id, bytes32 keyThumbprint, uint48 since) external;

    /**
     * @notice The record of a DID, wherever it is kept.
     * @param id The DID.
     * @return historyDigest H_v; zero for an unknown DID.
     * @return controller Who may change it.
     * @return version Its version.
     * @return status High nibble kind (1 organisation, 2 holder), low nibble state (1 active, 2 deactivated).
     * @return blockNumber Block of its last change.
     * @return guardian A holder's guardian.
     */
    function recordOf(bytes20 id)
        external
        view
        returns (
            bytes32 historyDigest,
            Controller controller,
            uint32 version,
            uint8 status,
            uint48 blockNumber,
            bytes20 guardian
        );

    /// @notice The second slot of a DID, wherever it is kept: what other contracts need at a write.
    /// @param id The DID.
    /// @return Controller, version, status and block in one word; zero for an unknown DID.
    function headOf(bytes20 id) external view returns (DidHead);

    /// @notice Whether a key may act for a DID now: it is the controller and the DID is active.
    /// @param id The DID.
    /// @param signer The key.
    /// @return Whether it may.
    function authorize(bytes20 id, Controller signer) external view returns (bool);

    /// @notice Since when a key of a DID counts as stolen, over all generations.
    /// @param id The DID.
    /// @param keyThumbprint RFC 7638 SHA-256 thumbprint of the key.
    /// @return Unix seconds; 0: never reported.
    function compromisedSince(bytes20 id, bytes32 keyThumbprint) external view returns (uint48);
}
