// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDirectory} from "../interfaces/IDirectory.sol";
import {ISuccession} from "../interfaces/ISuccession.sol";
import {Names} from "./Names.sol";

/**
 * @title Succession
 * @author Mapae
 * @notice A contract that finds its peers by name, stops writing when it is replaced, and knows what it replaced.
 * @dev Replacement without proxies: a new generation reads what it does not have from its predecessor, and copies a
 * record when it first writes to it.
 */
abstract contract Succession is ISuccession {
    /// @inheritdoc ISuccession
    IDirectory public immutable directory;

    /// @inheritdoc ISuccession
    bytes32 public immutable contractName;

    /// @inheritdoc ISuccession
    address public immutable predecessor;

    /**
     * @notice Fixes the contract's place.
     * @param directory_ The Directory, whose address is known before it is deployed.
     * @param name Name under which it lists this contract.
     * @param predecessor_ The contract that this one replaces, or zero.
     */
    constructor(IDirectory directory_, bytes32 name, address predecessor_) {
        directory = directory_;
        contractName = name;
        predecessor = predecessor_;
    }

    /// @dev The contract that holds a name now.
    function _peer(bytes32 name) internal view returns (address) {
        return directory.addressOf(name);
    }

    /// @dev A peer, for a write: only while Directory names this contract.
    function _peerWhenCurrent(bytes32 name) internal view returns (address peer) {
        address holder;
        (holder,, peer) = directory.lookUp(contractName, name);
        require(holder == address(this), SuccessionNotCurrent(contractName, holder));
    }

    /// @dev A peer, for a write that gives a right: only while, besides, no member of the council has paused.
    function _peerWhenRunning(bytes32 name) internal view returns (address peer) {
        address holder;
        uint48 until;
        (holder, until, peer) = directory.lookUp(contractName, name);
        require(holder == address(this), SuccessionNotCurrent(contractName, holder));
        require(block.timestamp >= until, SuccessionPaused(until));
    }

    function _requireCurrent() internal view {
        address holder = directory.addressOf(contractName);
        require(holder == address(this), SuccessionNotCurrent(contractName, holder));
    }

    function _requireRunning() internal view {
        _peerWhenRunning(contractName);
    }

    function _requireCouncil() internal view {
        require(msg.sender == _peerWhenCurrent(Names.COUNCIL), SuccessionNotCouncil(msg.sender));
    }

    function _hasPredecessor() internal view returns (bool) {
        return predecessor != address(0);
    }
}
