// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Controller} from "../types/Controller.sol";
import {AnchorIssuance} from "../types/IssuanceOperations.sol";
import {IOperated} from "./IOperated.sol";
import {ISuccession} from "./ISuccession.sol";

/**
 * @title IIssuanceLog
 * @author Mapae
 * @notice Roots of what was issued, at a time that no thief can write.
 */
interface IIssuanceLog is IOperated, ISuccession {
    /**
     * @notice A batch of credentials was anchored.
     * @param agency Whose.
     * @param seq The how many-th batch of this agency, from 1.
     * @param root RFC 6962 root over the digests of the credentials.
     * @param count How many credentials.
     * @param by Who signed.
     */
    event IssuanceAnchored(bytes20 indexed agency, uint64 indexed seq, bytes32 root, uint64 count, Controller by);

    /// @notice The signer may not anchor issuance for the agency now.
    /// @param agency The agency.
    /// @param signer Who signed.
    error IssuanceLogNotOperator(bytes20 agency, Controller signer);

    /// @notice The batch was signed for another number; read the count again and sign anew.
    /// @param expected Number that was signed.
    /// @param next Number that the next batch gets.
    error IssuanceLogStaleSeq(uint64 expected, uint64 next);

    /// @notice A batch has a root and at least one credential.
    error IssuanceLogEmptyBatch();

    /**
     * @notice Anchors the root of a batch of credentials.
     * @dev Emits {IssuanceAnchored}.
     * @param operation The batch.
     * @param operatorSignature By the agency's controller or one of its issuance operators.
     */
    function anchorIssuance(AnchorIssuance calldata operation, bytes calldata operatorSignature) external;

    /// @notice How many batches an agency has anchored, over all generations.
    /// @param agency The agency.
    /// @return The number of the newest.
    function countOf(bytes20 agency) external view returns (uint64);

    /// @notice Digest of one batch, wherever it is kept.
    /// @param agency The agency.
    /// @param seq Its number, from 1.
    /// @return sha256(root ‖ uint64 count ‖ uint64 block time); zero if there is none.
    function digestOf(bytes20 agency, uint64 seq) external view returns (bytes32);
}
