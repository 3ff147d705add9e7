// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDidRegistry} from "../interfaces/IDidRegistry.sol";
import {Controller} from "../types/Controller.sol";
import {DidHead, DidHeads, DidRecord} from "../types/DidRecord.sol";
import {Succession} from "./Succession.sol";

/**
 * @title DidRecords
 * @author Mapae
 * @notice The records of DIDs: kept, advanced version by version, and inherited from the generation before.
 * @dev The history digest of version v is
 * H_v = sha256(H_(v-1) ‖ content digest ‖ second slot as stored ‖ uint64 block time), H_0 = 0, where the content digest
 * is sha256 of the document; for a holder, of x ‖ y ‖ salt ‖ guardian; for a deactivation, of nothing.
 */
abstract contract DidRecords is IDidRegistry, Succession {
    mapping(bytes20 id => DidRecord) private _records;
    mapping(bytes20 id => mapping(bytes32 keyThumbprint => uint48 since)) private _compromises;

    /// @inheritdoc IDidRegistry
    function recordOf(bytes20 id)
        external
        view
        returns (
            bytes32 historyDigest,
            Controller controller,
            uint32 version,
            uint8 status,
            uint48 blockNumber,
            bytes20 guardian
        )
    {
        DidRecord storage record = _records[id];
        DidHead head = record.head;
        if (!head.exists() && _hasPredecessor()) {
            return IDidRegistry(predecessor).recordOf(id);
        }
        return (
            record.historyDigest,
            head.controller(),
            head.version(),
            head.status(),
            head.blockNumber(),
            record.guardian
        );
    }

    /// @inheritdoc IDidRegistry
    function headOf(bytes20 id) external view returns (DidHead) {
        return _headOf(id);
    }

    /// @inheritdoc IDidRegistry
    function authorize(bytes20 id, Controller signer) external view returns (bool) {
        return _headOf(id).isControlledBy(signer);
    }

    /// @inheritdoc IDidRegistry
    function compromisedSince(bytes20 id, bytes32 keyThumbprint) external view returns (uint48) {
        return _compromisedSince(id, keyThumbprint);
    }

    // --- writing ---

    function _setGuardian(bytes20 id, bytes20 guardian) internal {
        _records[id].guardian = guardian;
    }

    /// @dev Writes the first version of a DID.
    function _create(bytes20 id, uint8 kind, Controller controller, bytes32 contentDigest) internal {
        _write(id, DidHeads.first(kind, controller, uint48(block.number)), contentDigest);
    }

    /// @dev Writes the next version of a DID, of the same kind, and returns the history digest of the one before.
    function _advance(bytes20 id, DidHead head, Controller controller, bytes32 contentDigest)
        internal
        returns (bytes32 previous)
    {
        return _write(id, head.next(controller, uint48(block.number)), contentDigest);
    }

    /// @dev Ends a DID; what remains is that it was, and whose.
    function _deactivate(bytes20 id, DidHead head, Controller signer, bytes20 actingFor) internal {
        bytes32 previous = _write(id, head.ended(uint48(block.number)), sha256(""));
        emit DidDeactivated(id, head.version() + 1, signer, previous, head.blockNumber(), actingFor);
    }

    /// @dev Copies a record of an earlier generation before the first write to it here.
    function _adopt(bytes20 id) internal returns (DidHead head) {
        head = _requireExisting(id);
        DidRecord storage record = _records[id];
        if (!record.head.exists()) {
            record.head = head;
            (record.historyDigest,,,,, record.guardian) = IDidRegistry(predecessor).recordOf(id);
        }
    }

    /// @dev Marks a key, unless it is marked since that time or an earlier one.
    function _mark(bytes20 id, bytes32 keyThumbprint, uint48 since, bytes20 reporter, Controller by) internal {
        _requireExisting(id);
        require(keyThumbprint != 0, DidRegistryInvalidThumbprint());
        require(since != 0 && since <= block.timestamp, DidRegistryInvalidSince(since, block.timestamp));
        uint48 marked = _compromisedSince(id, keyThumbprint);
        if (marked == 0 || since < marked) {
            _compromises[id][keyThumbprint] = since;
            emit KeyCompromised(id, keyThumbprint, since, reporter, by);
        }
    }

    // --- reading ---

    function _headOf(bytes20 id) internal view returns (DidHead head) {
        head = _records[id].head;
        if (!head.exists() && _hasPredecessor()) {
            head = IDidRegistry(predecessor).headOf(id);
        }
    }

    function _requireExisting(bytes20 id) internal view returns (DidHead head) {
        head = _headOf(id);
        require(head.exists(), DidRegistryUnknown(id));
    }

    /// @dev A holder's guardian, wherever its record is kept.
    function _guardianOf(bytes20 id) internal view returns (bytes20 guardian) {
        guardian = _records[id].guardian;
        if (guardian == bytes20(0) && _hasPredecessor()) {
            (,,,,, guardian) = IDidRegistry(predecessor).recordOf(id);
        }
    }

    function _write(bytes20 id, DidHead next, bytes32 contentDigest) private returns (bytes32 previous) {
        DidRecord storage record = _records[id];
        previous = record.historyDigest;
        record.historyDigest = sha256(abi.encodePacked(previous, contentDigest, next, uint64(block.timestamp)));
        record.head = next;
    }

    /// @dev Marks are never copied: the earliest of all generations holds.
    function _compromisedSince(bytes20 id, bytes32 keyThumbprint) private view returns (uint48 since) {
        since = _compromises[id][keyThumbprint];
        if (_hasPredecessor()) {
            uint48 earlier = IDidRegistry(predecessor).compromisedSince(id, keyThumbprint);
            if (since == 0 || (earlier != 0 && earlier < since)) {
                since = earlier;
            }
        }
    }
}
