// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/**
 * @title IDirectory
 * @author Mapae
 * @notice The one address that a client pins. Keeps, for each contract name and generation, the address, the hash of
 * its code, the id of its storage layout and the block from which it holds. Append-only; only the council adds.
 */
interface IDirectory {
    /**
     * @notice One contract of the first generation.
     * @param name ASCII, padded with zeros on the right.
     * @param target Address of the contract.
     * @param layoutId Id of its storage layout (docs/storage.md).
     */
    struct FirstEntry {
        bytes32 name;
        address target;
        bytes32 layoutId;
    }

    /**
     * @notice A generation of a contract was listed.
     * @param name Name of the contract.
     * @param generation 1, 2, 3, ...
     * @param target Address of the contract.
     * @param codeHash keccak256 of its runtime code.
     * @param layoutId Id of its storage layout.
     */
    event EntryRegistered(
        bytes32 indexed name, uint32 indexed generation, address target, bytes32 codeHash, bytes32 layoutId
    );

    /// @notice Only the council may call this.
    /// @param caller Who called.
    error DirectoryNotCouncil(address caller);

    /// @notice No contract was ever listed under this name.
    /// @param name The name.
    error DirectoryUnknownName(bytes32 name);

    /// @notice The name has no such generation.
    /// @param name The name.
    /// @param generation The generation that was asked for.
    error DirectoryUnknownGeneration(bytes32 name, uint32 generation);

    /**
     * @notice The code at the address is not the code that was decided on.
     * @param target The address.
     * @param expected Hash that was decided on.
     * @param actual Hash of the code that is there.
     */
    error DirectoryCodeMismatch(address target, bytes32 expected, bytes32 actual);

    /**
     * @notice The contract was not made to take this place: it names another directory, name or predecessor.
     * @param name The place.
     * @param target The contract.
     */
    error DirectoryUnfitTarget(bytes32 name, address target);

    /**
     * @notice Lists the next generation of a name.
     * @dev Requirements: caller is the council named here; the code hash fits; the target names this directory, this
     * name and the present contract as its predecessor. Emits {EntryRegistered}.
     * @param name Name of the contract.
     * @param target Address of the contract.
     * @param codeHash Expected keccak256 of its runtime code.
     * @param layoutId Id of its storage layout.
     */
    function register(bytes32 name, address target, bytes32 codeHash, bytes32 layoutId) external;

    /**
     * @notice Notes until when what gives rights is paused.
     * @dev Requirements: caller is the council named here.
     * @param until First second at which it works again.
     */
    function pause(uint48 until) external;

    /// @notice When the last pause ends or ended.
    /// @return First second without it; 0 if there never was one.
    function pausedUntil() external view returns (uint48);

    /**
     * @notice What a contract asks before it writes: whether it holds its name, whether there is a pause, where a peer
     * is.
     * @param name Name of the asking contract.
     * @param peer Name of the peer that it needs.
     * @return holder The contract that holds `name` now.
     * @return until When the last pause ends or ended.
     * @return peerAddress The contract that holds `peer` now.
     */
    function lookUp(bytes32 name, bytes32 peer)
        external
        view
        returns (address holder, uint48 until, address peerAddress);

    /// @notice The contract that holds a name now.
    /// @param name The name.
    /// @return target Its address. Reverts with {DirectoryUnknownName} if there is none.
    function addressOf(bytes32 name) external view returns (address target);

    /**
     * @notice One generation of a name.
     * @param name The name.
     * @param generation 1-based.
     * @return target Address of the contract.
     * @return codeHash keccak256 of its runtime code when it was listed.
     * @return layoutId Id of its storage layout.
     * @return fromBlock Block at which it was listed.
     */
    function entryOf(bytes32 name, uint32 generation)
        external
        view
        returns (address target, bytes32 codeHash, bytes32 layoutId, uint48 fromBlock);

    /// @notice How many generations a name has had.
    /// @param name The name.
    /// @return The number of the present generation; 0 for an unknown name.
    function generationOf(bytes32 name) external view returns (uint32);

    /// @notice Whether a contract holds a name now.
    /// @param name The name.
    /// @param target The contract.
    /// @return Whether it does; false for an unknown name.
    function isCurrent(bytes32 name, address target) external view returns (bool);
}
