// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Controller} from "../types/Controller.sol";

/**
 * @title IDidEvents
 * @author Mapae
 * @notice What DidRegistry says when it changes: its events alone rebuild every version of every DID.
 * @dev Each version names the history digest and the block of the one before, so that a reader walks back block by
 * block.
 */
interface IDidEvents {
    /**
     * @notice The DID of an organisation was created, as version 1.
     * @param id The DID.
     * @param version 1.
     * @param controller Who may change it.
     * @param previousDigest 0.
     * @param previousBlock 0.
     * @param salt Part of the id's pre-image.
     * @param agency In whose name it was endorsed.
     * @param endorser Who endorsed it.
     * @param document RFC 8785 bytes of its document.
     */
    event OrganisationCreated(
        bytes20 indexed id,
        uint32 indexed version,
        Controller indexed controller,
        bytes32 previousDigest,
        uint48 previousBlock,
        bytes32 salt,
        bytes20 agency,
        Controller endorser,
        bytes document
    );

    /**
     * @notice The DID of a person's phone was created, as version 1; its document follows from these values.
     * @param id The DID.
     * @param version 1.
     * @param controller The P-256 key (x, y).
     * @param previousDigest 0.
     * @param previousBlock 0.
     * @param x First coordinate of the key.
     * @param y Second coordinate of the key.
     * @param salt Part of the id's pre-image.
     * @param guardian The agency that may deactivate it.
     * @param endorser Who endorsed it.
     */
    event HolderCreated(
        bytes20 indexed id,
        uint32 indexed version,
        Controller indexed controller,
        bytes32 previousDigest,
        uint48 previousBlock,
        bytes32 x,
        bytes32 y,
        bytes32 salt,
        bytes20 guardian,
        Controller endorser
    );

    /**
     * @notice An organisation has a new document.
     * @param id The DID.
     * @param version The new version.
     * @param controller Who may change it.
     * @param previousDigest History digest of the version before.
     * @param previousBlock Block of the version before.
     * @param document RFC 8785 bytes of the new document.
     */
    event DocumentUpdated(
        bytes20 indexed id,
        uint32 indexed version,
        Controller indexed controller,
        bytes32 previousDigest,
        uint48 previousBlock,
        bytes document
    );

    /**
     * @notice An organisation has a new controller and a new document.
     * @param id The DID.
     * @param version The new version.
     * @param controller Who may change it from now on.
     * @param previousDigest History digest of the version before.
     * @param previousBlock Block of the version before.
     * @param previousController Who could change it before.
     * @param document RFC 8785 bytes of the new document.
     */
    event ControlTransferred(
        bytes20 indexed id,
        uint32 indexed version,
        Controller indexed controller,
        bytes32 previousDigest,
        uint48 previousBlock,
        Controller previousController,
        bytes document
    );

    /**
     * @notice A DID has ended for good.
     * @param id The DID.
     * @param version The last version.
     * @param by Who signed.
     * @param previousDigest History digest of the version before.
     * @param previousBlock Block of the version before.
     * @param actingFor The DID itself, or the guardian in whose name it was ended.
     */
    event DidDeactivated(
        bytes20 indexed id,
        uint32 indexed version,
        Controller indexed by,
        bytes32 previousDigest,
        uint48 previousBlock,
        bytes20 actingFor
    );

    /**
     * @notice A key counts as stolen since a time, under every method and version of the DID.
     * @param id The DID.
     * @param keyThumbprint RFC 7638 SHA-256 thumbprint of the key.
     * @param since Unix seconds; it only ever moves earlier.
     * @param reporter Who said so: the DID, a grantor of one of its grants; zero: the council.
     * @param by Who signed; zero: the council.
     */
    event KeyCompromised(
        bytes20 indexed id, bytes32 indexed keyThumbprint, uint48 since, bytes20 reporter, Controller by
    );
}
