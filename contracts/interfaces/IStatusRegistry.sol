// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Controller} from "../types/Controller.sol";
import {AnchorSnapshot, Lift, OpenList, Revoke, Suspend} from "../types/StatusOperations.sol";
import {INonces} from "./INonces.sol";
import {IOperated} from "./IOperated.sol";
import {ISuccession} from "./ISuccession.sol";

/**
 * @title IStatusRegistry
 * @author Mapae
 * @notice Which credentials are revoked or suspended. The words here are the truth. A list has two planes of 131,072
 * bits: revocation (words 0..511), which only ever fills, and suspension (words 512..1023). A credential has the same
 * index in both. A list stays, and stays writable, in the registry that opened it.
 */
interface IStatusRegistry is INonces, IOperated, ISuccession {
    /**
     * @notice A list was opened.
     * @param list keccak256(abi.encode(this registry, owner, salt)).
     * @param owner The agency whose list it is.
     * @param by Who signed.
     * @param salt Tells the lists of an owner apart.
     */
    event ListOpened(bytes32 indexed list, bytes20 indexed owner, Controller by, bytes32 salt);

    /**
     * @notice Bits of a list changed.
     * @param list The list.
     * @param op 1 revoke, 2 suspend, 3 lift.
     * @param by Who signed.
     * @param seq The how many-th change of the list.
     * @param startWord First word, counted in the plane.
     * @param masks The bits that really changed, a mask a word.
     * @param nonce The nonce that was spent; 0 for revoke.
     */
    event StatusChanged(
        bytes32 indexed list,
        uint8 indexed op,
        Controller indexed by,
        uint48 seq,
        uint16 startWord,
        uint256[] masks,
        uint256 nonce
    );

    /// @notice A suspension or lifting changed nothing; its nonce is spent.
    /// @param list The list.
    /// @param by Who signed.
    /// @param nonce The nonce.
    event StatusUnchanged(bytes32 indexed list, Controller indexed by, uint256 nonce);

    /**
     * @notice The digest of a whole list was anchored, to compare a published list with.
     * @param list The list.
     * @param seq Number of the last change that it contains.
     * @param digest sha256 of words 0..1023, big-endian.
     * @param by Who signed.
     */
    event SnapshotAnchored(bytes32 indexed list, uint48 indexed seq, bytes32 digest, Controller by);

    /// @notice The list exists already.
    /// @param list The list.
    error StatusRegistryExists(bytes32 list);

    /// @notice This registry did not open such a list; {registryOf} says which did.
    /// @param list The list.
    error StatusRegistryUnknownList(bytes32 list);

    /// @notice The signer may not act on the owner's lists now.
    /// @param owner The owner.
    /// @param signer Who signed.
    error StatusRegistryNotOperator(bytes20 owner, Controller signer);

    /// @notice The words lie outside the plane, or there are none.
    /// @param start First word.
    /// @param count How many words.
    error StatusRegistryOutOfRange(uint256 start, uint256 count);

    /**
     * @notice The snapshot is not newer than the one before, or not of the past.
     * @param seq Number that was given.
     * @param publishedSeq Number of the snapshot before.
     * @param currentSeq Number of the last change.
     */
    error StatusRegistryStaleSnapshot(uint48 seq, uint48 publishedSeq, uint48 currentSeq);

    /// @notice A digest is never zero.
    error StatusRegistryInvalidDigest();

    /**
     * @notice Opens a list.
     * @dev Requirements: Directory names this registry; the owner is active. Emits {ListOpened}.
     * @param operation Which list.
     * @param operatorSignature By the owner's controller or one of its status operators, as in every function below.
     */
    function openList(OpenList calldata operation, bytes calldata operatorSignature) external;

    /**
     * @notice Revokes credentials for good. Never paused; does nothing if they all are already.
     * @dev May emit {StatusChanged}.
     * @param operation Which bits.
     * @param operatorSignature By the owner's controller or one of its status operators.
     */
    function revoke(Revoke calldata operation, bytes calldata operatorSignature) external;

    /**
     * @notice Suspends credentials. Never paused.
     * @dev Emits {StatusChanged} or {StatusUnchanged}.
     * @param operation Which bits.
     * @param operatorSignature By the owner's controller or one of its status operators.
     */
    function suspend(Suspend calldata operation, bytes calldata operatorSignature) external;

    /**
     * @notice Lifts suspensions.
     * @dev Requirements: not paused. Emits {StatusChanged} or {StatusUnchanged}.
     * @param operation Which bits.
     * @param operatorSignature By the owner's controller or one of its status operators.
     */
    function lift(Lift calldata operation, bytes calldata operatorSignature) external;

    /**
     * @notice Anchors the digest of a whole list.
     * @dev Requirements: newer than the snapshot before, not newer than the list. Emits {SnapshotAnchored}.
     * @param operation The snapshot.
     * @param operatorSignature By the owner's controller or one of its status operators.
     */
    function anchorSnapshot(AnchorSnapshot calldata operation, bytes calldata operatorSignature) external;

    /**
     * @notice A list, wherever it is kept.
     * @param list The list.
     * @return owner Whose list; zero: there is none.
     * @return seq Number of its last change.
     * @return publishedSeq Number of the change up to which the snapshot reaches.
     * @return opsHead Digest of all its changes.
     * @return publishedDigest Digest of the snapshot; zero: none was anchored.
     */
    function listOf(bytes32 list)
        external
        view
        returns (bytes20 owner, uint48 seq, uint48 publishedSeq, bytes32 opsHead, bytes32 publishedDigest);

    /// @notice Words of a list, wherever it is kept.
    /// @param list The list.
    /// @param start First word, 0..1023.
    /// @param count How many.
    /// @return The words.
    function words(bytes32 list, uint256 start, uint256 count) external view returns (uint256[] memory);

    /// @notice The registry that keeps a list.
    /// @param list The list.
    /// @return Its address; zero: no generation knows the list.
    function registryOf(bytes32 list) external view returns (address);
}
