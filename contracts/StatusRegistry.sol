// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDirectory} from "./interfaces/IDirectory.sol";
import {IRoles} from "./interfaces/IRoles.sol";
import {IStatusRegistry} from "./interfaces/IStatusRegistry.sol";
import {KeyedNonces} from "./libraries/KeyedNonces.sol";
import {Names} from "./libraries/Names.sol";
import {Operated} from "./libraries/Operated.sol";
import {Succession} from "./libraries/Succession.sol";
import {Controller} from "./types/Controller.sol";
import {ROLE_STATUS_OPERATOR} from "./types/Role.sol";
import {
    LIST_WORDS,
    OP_LIFT,
    OP_REVOKE,
    OP_SUSPEND,
    PLANE_WORDS,
    StatusList,
    SUSPENSION_PLANE
} from "./types/StatusList.sol";
import {AnchorSnapshot, Lift, OpenList, Revoke, Suspend} from "./types/StatusOperations.sol";

/**
 * @title StatusRegistry
 * @author Mapae
 * @notice Which credentials are revoked or suspended. The words here are the truth.
 * @dev opsHead starts as sha256(list) and becomes, with each change,
 * sha256(opsHead ‖ uint64 seq ‖ uint64 block time ‖ uint16 startWord ‖ changed bits, 32 bytes a word ‖ uint8 op).
 */
contract StatusRegistry is IStatusRegistry, Operated, Succession, KeyedNonces {
    mapping(bytes32 list => StatusList) private _lists;

    /**
     * @notice Fixes the contract's place.
     * @param directory_ The Directory.
     * @param network Name of the network.
     * @param predecessor_ The contract that this one replaces, or zero.
     */
    constructor(IDirectory directory_, string memory network, address predecessor_)
        Operated(network)
        Succession(directory_, Names.STATUS_REGISTRY, predecessor_)
    {}

    /// @inheritdoc IStatusRegistry
    function openList(OpenList calldata operation, bytes calldata operatorSignature) external {
        IRoles roles = IRoles(_peerWhenCurrent(Names.ROLES));
        Controller signer = _signer(operation.hash(), operation.deadline, operatorSignature);
        _requireOperator(roles, operation.owner, signer);
        bytes32 list = keccak256(abi.encode(address(this), operation.owner, operation.salt));
        StatusList storage opened = _lists[list];
        require(opened.owner == bytes20(0), StatusRegistryExists(list));
        opened.owner = operation.owner;
        opened.opsHead = sha256(abi.encode(list));
        emit ListOpened(list, operation.owner, signer, operation.salt);
    }

    /// @inheritdoc IStatusRegistry
    function revoke(Revoke calldata operation, bytes calldata operatorSignature) external {
        Controller signer = _operator(operation.list, operation.hash(), operation.deadline, operatorSignature);
        _change(operation.list, OP_REVOKE, signer, operation.startWord, operation.masks, 0);
    }

    /// @inheritdoc IStatusRegistry
    function suspend(Suspend calldata operation, bytes calldata operatorSignature) external {
        Controller signer = _operator(operation.list, operation.hash(), operation.deadline, operatorSignature);
        _useNonce(signer, operation.nonce);
        if (!_change(operation.list, OP_SUSPEND, signer, operation.startWord, operation.masks, operation.nonce)) {
            emit StatusUnchanged(operation.list, signer, operation.nonce);
        }
    }

    /// @inheritdoc IStatusRegistry
    function lift(Lift calldata operation, bytes calldata operatorSignature) external {
        uint48 until = directory.pausedUntil();
        require(block.timestamp >= until, SuccessionPaused(until));
        Controller signer = _operator(operation.list, operation.hash(), operation.deadline, operatorSignature);
        _useNonce(signer, operation.nonce);
        if (!_change(operation.list, OP_LIFT, signer, operation.startWord, operation.masks, operation.nonce)) {
            emit StatusUnchanged(operation.list, signer, operation.nonce);
        }
    }

    /// @inheritdoc IStatusRegistry
    function anchorSnapshot(AnchorSnapshot calldata operation, bytes calldata operatorSignature) external {
        Controller signer = _operator(operation.list, operation.hash(), operation.deadline, operatorSignature);
        StatusList storage list = _lists[operation.list];
        require(operation.digest != 0, StatusRegistryInvalidDigest());
        require(
            operation.seq <= list.seq && (operation.seq > list.publishedSeq || list.publishedDigest == 0),
            StatusRegistryStaleSnapshot(operation.seq, list.publishedSeq, list.seq)
        );
        list.publishedSeq = operation.seq;
        list.publishedDigest = operation.digest;
        emit SnapshotAnchored(operation.list, operation.seq, operation.digest, signer);
    }

    /// @inheritdoc IStatusRegistry
    function listOf(bytes32 list)
        external
        view
        returns (bytes20 owner, uint48 seq, uint48 publishedSeq, bytes32 opsHead, bytes32 publishedDigest)
    {
        StatusList storage found = _lists[list];
        if (found.owner == bytes20(0) && _hasPredecessor()) {
            return IStatusRegistry(predecessor).listOf(list);
        }
        return (found.owner, found.seq, found.publishedSeq, found.opsHead, found.publishedDigest);
    }

    /// @inheritdoc IStatusRegistry
    function words(bytes32 list, uint256 start, uint256 count) external view returns (uint256[] memory read) {
        require(start < LIST_WORDS && count <= LIST_WORDS - start, StatusRegistryOutOfRange(start, count));
        StatusList storage found = _lists[list];
        if (found.owner == bytes20(0) && _hasPredecessor()) {
            return IStatusRegistry(predecessor).words(list, start, count);
        }
        read = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) {
            read[i] = found.words[start + i];
        }
    }

    /// @inheritdoc IStatusRegistry
    function registryOf(bytes32 list) external view returns (address) {
        if (_lists[list].owner != bytes20(0)) {
            return address(this);
        }
        return _hasPredecessor() ? IStatusRegistry(predecessor).registryOf(list) : address(0);
    }

    /// @dev Applies masks to a plane; a call that changes nothing moves nothing and returns false.
    function _change(
        bytes32 id,
        uint8 op,
        Controller signer,
        uint16 startWord,
        uint256[] calldata masks,
        uint256 nonce
    ) private returns (bool) {
        require(
            masks.length != 0 && startWord + masks.length <= PLANE_WORDS,
            StatusRegistryOutOfRange(startWord, masks.length)
        );
        (uint256[] memory changed, bool any) = _apply(_lists[id], op, startWord, masks);
        if (any) {
            uint48 seq = _record(_lists[id], op, startWord, changed);
            emit StatusChanged(id, op, signer, seq, startWord, changed, nonce);
        }
        return any;
    }

    /// @dev Returns the bits that really changed.
    function _apply(StatusList storage list, uint8 op, uint256 startWord, uint256[] calldata masks)
        private
        returns (uint256[] memory changed, bool any)
    {
        uint256 first = op == OP_REVOKE ? startWord : SUSPENSION_PLANE + startWord;
        changed = new uint256[](masks.length);
        for (uint256 i = 0; i < masks.length; ++i) {
            uint256 word = list.words[first + i];
            uint256 bits = op == OP_LIFT ? masks[i] & word : masks[i] & ~word;
            if (bits != 0) {
                list.words[first + i] = word ^ bits;
                changed[i] = bits;
                any = true;
            }
        }
    }

    function _record(StatusList storage list, uint8 op, uint16 startWord, uint256[] memory changed)
        private
        returns (uint48 seq)
    {
        seq = list.seq + 1;
        list.seq = seq;
        list.opsHead = sha256(
            abi.encodePacked(list.opsHead, uint64(seq), uint64(block.timestamp), startWord, changed, op)
        );
    }

    function _operator(bytes32 list, bytes32 structHash, uint48 deadline, bytes calldata signature)
        private
        view
        returns (Controller signer)
    {
        bytes20 owner = _lists[list].owner;
        require(owner != bytes20(0), StatusRegistryUnknownList(list));
        signer = _signer(structHash, deadline, signature);
        _requireOperator(IRoles(_peer(Names.ROLES)), owner, signer);
    }

    function _requireOperator(IRoles roles, bytes20 owner, Controller signer) private view {
        require(
            roles.isAuthorised(owner, ROLE_STATUS_OPERATOR, signer),
            StatusRegistryNotOperator(owner, signer)
        );
    }
}
