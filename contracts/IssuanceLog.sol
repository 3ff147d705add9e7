// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDirectory} from "./interfaces/IDirectory.sol";
import {IIssuanceLog} from "./interfaces/IIssuanceLog.sol";
import {IRoles} from "./interfaces/IRoles.sol";
import {Names} from "./libraries/Names.sol";
import {Operated} from "./libraries/Operated.sol";
import {Succession} from "./libraries/Succession.sol";
import {Controller} from "./types/Controller.sol";
import {AnchorIssuance} from "./types/IssuanceOperations.sol";
import {ROLE_ISSUANCE_OPERATOR} from "./types/Role.sol";

/**
 * @title IssuanceLog
 * @author Mapae
 * @notice Roots of what was issued, at a time that no thief can write.
 * @dev An agency's batches are numbered without gaps, so they need no counter: the count is the last number that has a
 * digest, and an empty slot after it proves that nothing followed.
 */
contract IssuanceLog is IIssuanceLog, Operated, Succession {
    mapping(bytes20 agency => mapping(uint64 seq => bytes32)) private _digests;

    /**
     * @notice Fixes the contract's place.
     * @param directory_ The Directory.
     * @param network Name of the network.
     * @param predecessor_ The contract that this one replaces, or zero.
     */
    constructor(IDirectory directory_, string memory network, address predecessor_)
        Operated(network)
        Succession(directory_, Names.ISSUANCE_LOG, predecessor_)
    {}

    /// @inheritdoc IIssuanceLog
    function anchorIssuance(AnchorIssuance calldata operation, bytes calldata operatorSignature) external {
        IRoles roles = IRoles(_peerWhenCurrent(Names.ROLES));
        Controller signer = _signer(operation.hash(), operation.deadline, operatorSignature);
        require(
            roles.isAuthorised(operation.agency, ROLE_ISSUANCE_OPERATOR, signer),
            IssuanceLogNotOperator(operation.agency, signer)
        );
        require(operation.root != 0 && operation.count != 0, IssuanceLogEmptyBatch());
        _requireNext(operation.agency, operation.expectedSeq);
        _digests[operation.agency][operation.expectedSeq] =
            sha256(abi.encodePacked(operation.root, operation.count, uint64(block.timestamp)));
        emit IssuanceAnchored(operation.agency, operation.expectedSeq, operation.root, operation.count, signer);
    }

    /// @inheritdoc IIssuanceLog
    function countOf(bytes20 agency) external view returns (uint64) {
        return _countOf(agency);
    }

    /// @inheritdoc IIssuanceLog
    function digestOf(bytes20 agency, uint64 seq) external view returns (bytes32) {
        return _digestOf(agency, seq);
    }

    function _requireNext(bytes20 agency, uint64 seq) private view {
        bool follows = seq == 1 || (seq > 1 && _digestOf(agency, seq - 1) != 0);
        if (!follows || _digestOf(agency, seq) != 0) {
            revert IssuanceLogStaleSeq(seq, _countOf(agency) + 1);
        }
    }

    function _digestOf(bytes20 agency, uint64 seq) private view returns (bytes32 digest) {
        digest = _digests[agency][seq];
        if (digest == 0 && _hasPredecessor()) {
            digest = IIssuanceLog(predecessor).digestOf(agency, seq);
        }
    }

    /// @dev Doubles until a number has no digest, then halves: about twice log2(count) reads.
    function _countOf(bytes20 agency) private view returns (uint64) {
        uint64 taken = 0;
        uint64 free = 1;
        while (_digestOf(agency, free) != 0) {
            taken = free;
            free *= 2;
        }
        while (free - taken > 1) {
            uint64 middle = taken + (free - taken) / 2;
            if (_digestOf(agency, middle) != 0) {
                taken = middle;
            } else {
                free = middle;
            }
        }
        return taken;
    }
}
