// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICouncil} from "../interfaces/ICouncil.sol";
import {IDirectory} from "../interfaces/IDirectory.sol";
import {ISuccession} from "../interfaces/ISuccession.sol";
import {Names} from "./Names.sol";

/**
 * @title A contract that finds its peers by name, stops writing when it is replaced, and knows what it replaced.
 * @author Mapae
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

    /// @dev Only while Directory names this contract.
    modifier whenCurrent() {
        _requireCurrent();
        _;
    }

    /// @dev Only while Directory names this contract and no member of the council has paused.
    modifier whenRunning() {
        _requireCurrent();
        _requireNotPaused();
        _;
    }

    /// @dev Only while Directory names this contract, and only the council that Directory names.
    modifier onlyCouncil() {
        _requireCurrent();
        require(msg.sender == _peer(Names.COUNCIL), SuccessionNotCouncil(msg.sender));
        _;
    }

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

    function _peer(bytes32 name) internal view returns (address) {
        return directory.addressOf(name);
    }

    function _requireCurrent() internal view {
        address current = _peer(contractName);
        require(current == address(this), SuccessionNotCurrent(contractName, current));
    }

    function _requireNotPaused() internal view {
        uint48 until = ICouncil(_peer(Names.COUNCIL)).pausedUntil();
        require(block.timestamp >= until, SuccessionPaused(until));
    }

    function _hasPredecessor() internal view returns (bool) {
        return predecessor != address(0);
    }
}
