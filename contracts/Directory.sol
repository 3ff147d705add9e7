// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDirectory} from "./interfaces/IDirectory.sol";
import {ISuccession} from "./interfaces/ISuccession.sol";
import {Names} from "./libraries/Names.sol";

/**
 * @title Directory
 * @author Mapae
 * @notice The one address that a client pins.
 * @dev Deployed last: its peers were deployed with the address that it would get.
 */
contract Directory is IDirectory {
    /// @dev What every write looks up, in one slot: the present contract of a name and, the same in every slot, the end
    /// of the last pause.
    struct Current {
        address target;
        uint32 generation;
        uint48 pausedUntil;
    }

    /// @dev One generation of a name.
    struct Entry {
        address target;
        uint48 fromBlock;
        bytes32 codeHash;
        bytes32 layoutId;
    }

    bytes32[] private _names;
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
        _requireCouncil();
        require(target.codehash == codeHash, DirectoryCodeMismatch(target, codeHash, target.codehash));
        _register(name, target, layoutId);
    }

    /// @inheritdoc IDirectory
    function pause(uint48 until) external {
        _requireCouncil();
        for (uint256 i = 0; i < _names.length; ++i) {
            _current[_names[i]].pausedUntil = until;
        }
    }

    /// @inheritdoc IDirectory
    function pausedUntil() external view returns (uint48) {
        return _current[Names.COUNCIL].pausedUntil;
    }

    /// @inheritdoc IDirectory
    function lookUp(bytes32 name, bytes32 peer)
        external
        view
        returns (address holder, uint48 until, address peerAddress)
    {
        Current storage found = _current[name];
        return (found.target, found.pausedUntil, _addressOf(peer));
    }

    /// @inheritdoc IDirectory
    function addressOf(bytes32 name) external view returns (address target) {
        return _addressOf(name);
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
        if (generation == 1) {
            _names.push(name);
        }
        bytes32 codeHash = target.codehash;
        _current[name] = Current(target, generation, _current[Names.COUNCIL].pausedUntil);
        _entries[name][generation] = Entry(target, uint48(block.number), codeHash, layoutId);
        emit EntryRegistered(name, generation, target, codeHash, layoutId);
    }

    function _requireCouncil() private view {
        require(msg.sender == _current[Names.COUNCIL].target, DirectoryNotCouncil(msg.sender));
    }

    function _addressOf(bytes32 name) private view returns (address target) {
        target = _current[name].target;
        require(target != address(0), DirectoryUnknownName(name));
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
