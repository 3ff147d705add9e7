// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDirectory} from "./interfaces/IDirectory.sol";
import {ISuccession} from "./interfaces/ISuccession.sol";
import {Names} from "./libraries/Names.sol";

/**
 * @title Directory: the one address that a client pins.
 * @author Mapae
 * @dev Deployed last: its peers were deployed with the address that it would get.
 */
contract Directory is IDirectory {
    /// @dev The present contract of a name, in one slot: what every write looks up.
    struct Current {
        address target;
        uint32 generation;
    }

    /// @dev One generation of a name.
    struct Entry {
        address target;
        uint48 fromBlock;
        bytes32 codeHash;
        bytes32 layoutId;
    }

    mapping(bytes32 name => Current) private _current;
    mapping(bytes32 name => mapping(uint32 generation => Entry)) private _entries;

    /// @notice Lists the whole first generation; nobody keeps a right from having deployed it.
    /// @param entries Names, addresses and layouts.
    constructor(FirstEntry[] memory entries) {
        for (uint256 i = 0; i < entries.length; ++i) {
            _register(entries[i].name, entries[i].target, entries[i].layoutId);
        }
    }

    /// @inheritdoc IDirectory
    function register(bytes32 name, address target, bytes32 codeHash, bytes32 layoutId) external {
        require(msg.sender == _current[Names.COUNCIL].target, DirectoryNotCouncil(msg.sender));
        require(target.codehash == codeHash, DirectoryCodeMismatch(target, codeHash, target.codehash));
        _register(name, target, layoutId);
    }

    /// @inheritdoc IDirectory
    function addressOf(bytes32 name) external view returns (address target) {
        target = _current[name].target;
        require(target != address(0), DirectoryUnknownName(name));
    }

    /// @inheritdoc IDirectory
    function entryOf(bytes32 name, uint32 generation)
        external
        view
        returns (address target, bytes32 codeHash, bytes32 layoutId, uint48 fromBlock)
    {
        Entry storage entry = _entries[name][generation];
        require(entry.target != address(0), DirectoryUnknownGeneration(name, generation));
        return (entry.target, entry.codeHash, entry.layoutId, entry.fromBlock);
    }

    /// @inheritdoc IDirectory
    function generationOf(bytes32 name) external view returns (uint32) {
        return _current[name].generation;
    }

    /// @inheritdoc IDirectory
    function isCurrent(bytes32 name, address target) external view returns (bool) {
        return target != address(0) && _current[name].target == target;
    }

    function _register(bytes32 name, address target, bytes32 layoutId) private {
        Current memory previous = _current[name];
        require(_fits(name, target, previous.target), DirectoryUnfitTarget(name, target));
        uint32 generation = previous.generation + 1;
        bytes32 codeHash = target.codehash;
        _current[name] = Current(target, generation);
        _entries[name][generation] = Entry(target, uint48(block.number), codeHash, layoutId);
        emit EntryRegistered(name, generation, target, codeHash, layoutId);
    }

    /// @dev A contract takes a place only if it was made for it: a slip in a proposal cannot orphan a registry.
    function _fits(bytes32 name, address target, address previous) private view returns (bool) {
        if (name == 0 || target.code.length == 0) {
            return false;
        }
        ISuccession candidate = ISuccession(target);
        return address(candidate.directory()) == address(this) && candidate.contractName() == name
            && candidate.predecessor() == previous;
    }
}
