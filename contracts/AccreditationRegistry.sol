// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccreditationRegistry} from "./interfaces/IAccreditationRegistry.sol";
import {IDidRegistry} from "./interfaces/IDidRegistry.sol";
import {IDirectory} from "./interfaces/IDirectory.sol";
import {KeyedNonces} from "./libraries/KeyedNonces.sol";
import {Names} from "./libraries/Names.sol";
import {Operated} from "./libraries/Operated.sol";
import {Succession} from "./libraries/Succession.sol";
import {Accredit, EndGrant} from "./types/AccreditationOperations.sol";
import {Controller, NOBODY} from "./types/Controller.sol";
import {COUNCIL_ID} from "./types/DidRecord.sol";
import {Grant, GrantRef} from "./types/Grant.sol";
import {MAX_DEPTH, MAX_TRIED_GRANTS} from "./types/Limits.sol";

/**
 * @title AccreditationRegistry
 * @author Mapae
 * @notice Who may issue which type of credential, and who said so.
 */
contract AccreditationRegistry is IAccreditationRegistry, Operated, Succession, KeyedNonces {
    mapping(bytes20 agency => mapping(bytes32 typeId => uint32)) private _counts;
    /// @dev grantId = keccak256(abi.encode(agency, typeId, seq)).
    mapping(bytes32 grantId => Grant) private _grants;

    /**
     * @notice Fixes the contract's place.
     * @param directory_ The Directory.
     * @param network Name of the network.
     * @param predecessor_ The contract that this one replaces, or zero.
     */
    constructor(IDirectory directory_, string memory network, address predecessor_)
        Operated(network)
        Succession(directory_, Names.ACCREDITATION_REGISTRY, predecessor_)
    {}

    /// @inheritdoc IAccreditationRegistry
    function accredit(Accredit calldata operation, bytes calldata controllerSignature) external {
        IDidRegistry dids = IDidRegistry(_peerWhenRunning(Names.DID_REGISTRY));
        Controller signer = _signer(operation.hash(), operation.deadline, controllerSignature);
        _requireController(dids, operation.grantor, signer);
        require(operation.agency != operation.grantor, AccreditationSelfGrant(operation.agency));
        uint32 seq = _nextSeq(operation.agency, operation.typeId);
        require(operation.expectedSeq == seq, AccreditationStaleSeq(operation.expectedSeq, seq));
        Grant memory parent = _liveParent(operation.grantor, operation.typeId, operation.grantorSeq);
        require(
            parent.from <= operation.from && operation.until <= parent.end(),
            AccreditationInvalidWindow(operation.from, operation.until, parent.from, parent.end())
        );
        Grant memory grant = Grant({
            grantor: operation.grantor,
            grantorSeq: operation.grantorSeq,
            depth: parent.depth + 1,
            mayIssue: operation.mayIssue,
            mayAccredit: operation.mayAccredit,
            from: operation.from,
            until: operation.until,
            endedAt: 0
        });
        _append(dids, operation.agency, operation.typeId, seq, grant, signer);
    }

    /// @inheritdoc IAccreditationRegistry
    function endGrant(EndGrant calldata operation, bytes calldata controllerSignature) external {
        IDidRegistry dids = IDidRegistry(_peerWhenCurrent(Names.DID_REGISTRY));
        Controller signer = _signer(operation.hash(), operation.deadline, controllerSignature);
        _requireController(dids, operation.grantor, signer);
        _useNonce(signer, operation.nonce);
        bytes20 grantor = _grantOf(operation.agency, operation.typeId, operation.seq).grantor;
        require(
            grantor == operation.grantor && grantor != COUNCIL_ID, AccreditationNotGrantor(grantor, operation.grantor)
        );
        _end(operation.agency, operation.typeId, operation.seq, operation.endedAt);
        emit GrantEnded(operation.agency, operation.typeId, operation.seq, operation.endedAt, signer, operation.nonce);
    }

    /// @inheritdoc IAccreditationRegistry
    function councilGrant(
        bytes20 agency,
        bytes32 typeId,
        uint48 from,
        uint48 until,
        bool mayIssue,
        bool mayAccredit
    ) external {
        _requireCouncil();
        Grant memory grant = Grant({
            grantor: COUNCIL_ID,
            grantorSeq: 0,
            depth: 1,
            mayIssue: mayIssue,
            mayAccredit: mayAccredit,
            from: from,
            until: until,
            endedAt: 0
        });
        _append(IDidRegistry(_peer(Names.DID_REGISTRY)), agency, typeId, _nextSeq(agency, typeId), grant, NOBODY);
    }

    /// @inheritdoc IAccreditationRegistry
    function councilEndGrant(bytes20 agency, bytes32 typeId, uint32 seq, uint48 endedAt) external {
        _requireCouncil();
        _end(agency, typeId, seq, endedAt);
        emit GrantEnded(agency, typeId, seq, endedAt, NOBODY, 0);
    }

    /// @inheritdoc IAccreditationRegistry
    function countOf(bytes20 agency, bytes32 typeId) external view returns (uint32) {
        return _countOf(agency, typeId);
    }

    /// @inheritdoc IAccreditationRegistry
    function grantOf(bytes20 agency, bytes32 typeId, uint32 seq) external view returns (Grant memory) {
        return _grantOf(agency, typeId, seq);
    }

    /// @inheritdoc IAccreditationRegistry
    function pathAt(bytes20 agency, bytes32 typeId, uint48 time)
        external
        view
        returns (bool valid, GrantRef[] memory path, Grant[] memory grants)
    {
        uint32 newest = _countOf(agency, typeId);
        for (uint32 seq = newest; seq > _oldestTried(newest); --seq) {
            (path, grants) = _chainOf(agency, typeId, seq);
            if (grants[0].mayIssue && _isLive(grants, time)) {
                return (true, path, grants);
            }
        }
        (path, grants) = _chainOf(agency, typeId, newest);
    }

    /// @inheritdoc IAccreditationRegistry
    function holdsRootGrant(bytes20 agency, bytes32 typeId) external view returns (bool) {
        uint32 newest = _countOf(agency, typeId);
        for (uint32 seq = newest; seq > _oldestTried(newest); --seq) {
            Grant memory grant = _grantOf(agency, typeId, seq);
            if (grant.grantor == COUNCIL_ID && grant.isLive(block.timestamp)) {
                return true;
            }
        }
        return false;
    }

    // --- writing ---

    function _append(
        IDidRegistry dids,
        bytes20 agency,
        bytes32 typeId,
        uint32 seq,
        Grant memory grant,
        Controller by
    ) private {
        require(typeId != 0, AccreditationInvalidType());
        require(grant.mayIssue || grant.mayAccredit, AccreditationEmptyGrant());
        require(
            grant.from < grant.until,
            AccreditationInvalidWindow(grant.from, grant.until, grant.from, type(uint48).max)
        );
        require(dids.headOf(agency).isActiveOrganisation(), AccreditationUnfitAgency(agency));
        _counts[agency][typeId] = seq;
        _grants[_idOf(agency, typeId, seq)] = grant;
        emit Accredited(
            agency,
            typeId,
            seq,
            grant.grantor,
            grant.grantorSeq,
            grant.depth,
            grant.mayIssue,
            grant.mayAccredit,
            grant.from,
            grant.until,
            by
        );
    }

    function _end(bytes20 agency, bytes32 typeId, uint32 seq, uint48 endedAt) private {
        Grant memory grant = _grantOf(agency, typeId, seq);
        require(grant.depth != 0, AccreditationUnknownGrant(agency, typeId, seq));
        require(endedAt != 0 && endedAt < grant.end(), AccreditationNotEarlier(grant.end(), endedAt));
        grant.endedAt = endedAt;
        _grants[_idOf(agency, typeId, seq)] = grant;
    }

    // --- requirements ---

    function _requireController(IDidRegistry dids, bytes20 grantor, Controller signer) private view {
        require(dids.authorize(grantor, signer), AccreditationNotController(grantor, signer));
    }

    function _liveParent(bytes20 grantor, bytes32 typeId, uint32 seq) private view returns (Grant memory parent) {
        (, Grant[] memory grants) = _chainOf(grantor, typeId, seq);
        require(grants.length != 0, AccreditationUnknownGrant(grantor, typeId, seq));
        parent = grants[0];
        require(_isLive(grants, block.timestamp), AccreditationParentNotLive(grantor, typeId, seq));
        require(parent.mayAccredit, AccreditationMayNotAccredit(grantor, typeId, seq));
        require(parent.depth < MAX_DEPTH, AccreditationTooDeep(parent.depth + 1));
    }

    // --- reading ---

    /// @dev The chain from a grant up to the council's; its length is the grant's depth, so at most four.
    function _chainOf(bytes20 agency, bytes32 typeId, uint32 seq)
        private
        view
        returns (GrantRef[] memory path, Grant[] memory grants)
    {
        Grant memory grant = _grantOf(agency, typeId, seq);
        uint256 length = grant.depth;
        path = new GrantRef[](length);
        grants = new Grant[](length);
        for (uint256 i = 0; i < length; ++i) {
            if (i != 0) {
                (agency, seq) = (grant.grantor, grant.grantorSeq);
                grant = _grantOf(agency, typeId, seq);
            }
            path[i] = GrantRef(agency, seq);
            grants[i] = grant;
        }
    }

    function _grantOf(bytes20 agency, bytes32 typeId, uint32 seq) private view returns (Grant memory grant) {
        grant = _grants[_idOf(agency, typeId, seq)];
        if (grant.depth == 0 && _hasPredecessor()) {
            grant = IAccreditationRegistry(predecessor).grantOf(agency, typeId, seq);
        }
    }

    function _countOf(bytes20 agency, bytes32 typeId) private view returns (uint32 count) {
        count = _counts[agency][typeId];
        if (count == 0 && _hasPredecessor()) {
            count = IAccreditationRegistry(predecessor).countOf(agency, typeId);
        }
    }

    function _nextSeq(bytes20 agency, bytes32 typeId) private view returns (uint32) {
        return _countOf(agency, typeId) + 1;
    }

    function _isLive(Grant[] memory grants, uint256 time) private pure returns (bool) {
        for (uint256 i = 0; i < grants.length; ++i) {
            if (!grants[i].isLive(time)) {
                return false;
            }
        }
        return true;
    }

    function _oldestTried(uint32 newest) private pure returns (uint32) {
        return newest > MAX_TRIED_GRANTS ? newest - MAX_TRIED_GRANTS : 0;
    }

    function _idOf(bytes20 agency, bytes32 typeId, uint32 seq) private pure returns (bytes32) {
        return keccak256(abi.encode(agency, typeId, seq));
    }
}
