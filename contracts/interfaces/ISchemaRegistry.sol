// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Controller} from "../types/Controller.sol";
import {RegisterSchema} from "../types/SchemaOperations.sol";
import {IOperated} from "./IOperated.sol";
import {ISuccession} from "./ISuccession.sol";

/**
 * @title ISchemaRegistry
 * @author Mapae
 * @notice What a type of credential contains, version by version.
 */
interface ISchemaRegistry is IOperated, ISuccession {
    /**
     * @notice A version of a type's schema was registered; it never changes.
     * @param typeId keccak256 of `vct`.
     * @param version 1, 2, 3, ...
     * @param owner The type's owner.
     * @param digest sha256 of `document`.
     * @param vct Name of the type.
     * @param document RFC 8785 bytes.
     * @param by Who signed.
     */
    event SchemaRegistered(
        bytes32 indexed typeId,
        uint32 indexed version,
        bytes20 indexed owner,
        bytes32 digest,
        string vct,
        bytes document,
        Controller by
    );

    /// @notice The signer does not control the owner, or the owner is not active.
    /// @param owner The DID in whose name it was signed.
    /// @param signer Who signed.
    error SchemaRegistryNotController(bytes20 owner, Controller signer);

    /// @notice Another agency owns the type.
    /// @param typeId The type.
    /// @param owner Its owner.
    error SchemaRegistryNotOwner(bytes32 typeId, bytes20 owner);

    /// @notice Opening a type needs a live grant of it from the council.
    /// @param owner Who wants to open it.
    /// @param typeId The type.
    error SchemaRegistryNoRootGrant(bytes20 owner, bytes32 typeId);

    /// @notice The schema was signed for another version; read the count again and sign anew.
    /// @param expected Version that was signed.
    /// @param next Version that the next schema gets.
    error SchemaRegistryStaleVersion(uint32 expected, uint32 next);

    /// @notice A type's name has between 1 and 256 bytes.
    /// @param length Bytes that were given.
    error SchemaRegistryNameSize(uint256 length);

    /// @notice A document has between 1 and 16384 bytes.
    /// @param length Bytes that were given.
    error SchemaRegistryDocumentSize(uint256 length);

    /**
     * @notice Registers the next version of a type's schema, opening the type with the first.
     * @dev Emits {SchemaRegistered}.
     * @param operation The schema.
     * @param controllerSignature By the owner's controller.
     */
    function registerSchema(RegisterSchema calldata operation, bytes calldata controllerSignature) external;

    /// @notice A type, wherever it is kept.
    /// @param typeId keccak256 of its `vct`.
    /// @return owner Its owner; zero: it was never opened.
    /// @return count How many versions it has.
    function typeOf(bytes32 typeId) external view returns (bytes20 owner, uint32 count);

    /// @notice One version of a type's schema, wherever it is kept.
    /// @param typeId The type.
    /// @param version Its version, from 1.
    /// @return digest sha256 of the document; zero: there is none.
    /// @return blockNumber Block whose log has the document.
    function digestOf(bytes32 typeId, uint32 version) external view returns (bytes32 digest, uint48 blockNumber);
}
