// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Controller} from "../types/Controller.sol";
import {EndService, SetService} from "../types/ServiceOperations.sol";
import {IOperated} from "./IOperated.sol";
import {ISuccession} from "./ISuccession.sol";

/**
 * @title IServiceRegistry
 * @author Mapae
 * @notice Which verifier may ask for which claims of a type, and what for. A service code is opened, changed and ended
 * by the owner of the type, never by the verifier.
 */
interface IServiceRegistry is IOperated, ISuccession {
    /**
     * @notice A service was opened or changed.
     * @param typeId Type of credential.
     * @param code Code of the service, padded with zeros.
     * @param version 1, 2, 3, ...
     * @param verifier DID of the verifier.
     * @param from First second at which it may ask.
     * @param until First second at which it no longer may.
     * @param digest sha256 of `document`.
     * @param document RFC 8785 bytes: type, claims, purpose.
     * @param by Who signed.
     */
    event ServiceSet(
        bytes32 indexed typeId,
        bytes32 indexed code,
        uint32 indexed version,
        bytes20 verifier,
        uint48 from,
        uint48 until,
        bytes32 digest,
        bytes document,
        Controller by
    );

    /**
     * @notice A service ends earlier than it did.
     * @param typeId Type of credential.
     * @param code Code of the service.
     * @param version The version that ends.
     * @param endedAt First second at which the verifier no longer may ask.
     * @param by Who signed.
     */
    event ServiceEnded(
        bytes32 indexed typeId, bytes32 indexed code, uint32 indexed version, uint48 endedAt, Controller by
    );

    /// @notice The type was never opened.
    /// @param typeId The type.
    error ServiceRegistryUnknownType(bytes32 typeId);

    /// @notice There is no such service.
    /// @param typeId The type.
    /// @param code The code.
    error ServiceRegistryUnknownService(bytes32 typeId, bytes32 code);

    /// @notice The signer does not control the type's owner, or the owner is not active.
    /// @param owner The type's owner.
    /// @param signer Who signed.
    error ServiceRegistryNotController(bytes20 owner, Controller signer);

    /// @notice The verifier is not an active organisation.
    /// @param verifier The verifier.
    error ServiceRegistryUnfitVerifier(bytes20 verifier);

    /// @notice A code is 1 to 32 characters of A-Z, 0-9 and -, then zeros.
    /// @param code The code.
    error ServiceRegistryInvalidCode(bytes32 code);

    /// @notice The window is empty.
    /// @param from Start that was asked for.
    /// @param until End that was asked for.
    error ServiceRegistryInvalidWindow(uint48 from, uint48 until);

    /// @notice The change was signed for another version; read the service again and sign anew.
    /// @param expected Version that was signed.
    /// @param actual Version that would have fitted.
    error ServiceRegistryStaleVersion(uint32 expected, uint32 actual);

    /// @notice The end of a service only moves earlier.
    /// @param current End that stands.
    /// @param proposed End that was asked for.
    error ServiceRegistryNotEarlier(uint48 current, uint48 proposed);

    /// @notice A document has between 1 and 16384 bytes.
    /// @param length Bytes that were given.
    error ServiceRegistryDocumentSize(uint256 length);

    /**
     * @notice Opens or changes a service.
     * @dev Emits {ServiceSet}.
     * @param operation The service.
     * @param controllerSignature By the controller of the type's owner.
     */
    function setService(SetService calldata operation, bytes calldata controllerSignature) external;

    /**
     * @notice Lets a service end earlier.
     * @dev Emits {ServiceEnded}.
     * @param operation The ending.
     * @param controllerSignature By the controller of the type's owner.
     */
    function endService(EndService calldata operation, bytes calldata controllerSignature) external;

    /**
     * @notice A service, wherever it is kept.
     * @param typeId Type of credential.
     * @param code Code of the service.
     * @return verifier DID of the verifier; zero: there is no such service.
     * @return version Its version.
     * @return from First second at which the verifier may ask.
     * @return until First second at which it no longer may.
     * @return endedAt Earlier end; 0: none.
     * @return digest sha256 of the document.
     * @return blockNumber Block whose log has the document.
     */
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
        );
}
