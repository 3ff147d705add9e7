// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccreditationRegistry} from "./interfaces/IAccreditationRegistry.sol";
import {ICouncil} from "./interfaces/ICouncil.sol";
import {IDidRegistry} from "./interfaces/IDidRegistry.sol";
import {IDirectory} from "./interfaces/IDirectory.sol";
import {IRoles} from "./interfaces/IRoles.sol";
import {Names} from "./libraries/Names.sol";
import {Operated} from "./libraries/Operated.sol";
import {Seats} from "./libraries/Seats.sol";
import {Succession} from "./libraries/Succession.sol";
import {Controller} from "./types/Controller.sol";
import {ExecuteProposal, Pause, Vote} from "./types/CouncilOperations.sol";
import {
    EXECUTION_WINDOW,
    MAX_ARGUMENTS,
    MAX_PAUSE,
    MAX_PAUSE_DEADLINE,
    MIN_DELAY,
    MIN_DEVELOPMENT_DELAY,
    PAUSE_COOL_DOWN
} from "./types/Limits.sol";
import {
    CHOICE_APPROVE,
    CHOICE_CANCEL,
    PROPOSAL_ADMIT,
    PROPOSAL_COMPROMISE,
    PROPOSAL_DIRECTORY,
    PROPOSAL_DISMISS,
    PROPOSAL_END_GRANT,
    PROPOSAL_SET_COUNCIL,
    ProposalState
} from "./types/Proposal.sol";

/**
 * @title Council
 * @author Mapae
 * @notice M of n members decide what nobody may decide alone.
 */
contract Council is Seats, Operated, Succession {
    /// @dev The votes on a proposal, in one slot. A member's bit is its position in the list of members.
    struct Proposal {
        uint32 epoch;
        ProposalState state;
        uint48 readyAt;
        uint32 approvals;
        uint32 cancellations;
    }

    /// @inheritdoc ICouncil
    uint48 public immutable delay;

    /// @inheritdoc ICouncil
    bool public immutable isDevelopment;

    mapping(bytes32 proposal => Proposal) private _proposals;

    /**
     * @notice Seats the first council.
     * @param directory_ The Directory.
     * @param network Name of the network.
     * @param predecessor_ The council that this one replaces, or zero.
     * @param members The members.
     * @param threshold_ How many of them decide.
     * @param delay_ How long a decision waits: a day at least, a second on a development ledger.
     * @param isDevelopment_ Whether one of one may decide.
     */
    constructor(
        IDirectory directory_,
        string memory network,
        address predecessor_,
        Controller[] memory members,
        uint8 threshold_,
        uint48 delay_,
        bool isDevelopment_
    ) Operated(network) Succession(directory_, Names.COUNCIL, predecessor_) {
        uint48 minimum = isDevelopment_ ? MIN_DEVELOPMENT_DELAY : MIN_DELAY;
        require(delay_ >= minimum, CouncilDelayTooShort(delay_, minimum));
        delay = delay_;
        isDevelopment = isDevelopment_;
        _seat(members, threshold_, isDevelopment_);
    }

    /// @inheritdoc ICouncil
    function vote(Vote calldata operation, bytes calldata memberSignature) external {
        _requireCurrent();
        Controller member = _requireMember(operation.epoch, operation.hash(), type(uint48).max, memberSignature);
        bytes32 id = _idOf(operation.kind, operation.arguments, operation.salt);
        _open(id, operation);
        if (operation.choice == CHOICE_APPROVE) {
            _approve(id, member, operation);
        } else {
            require(operation.choice == CHOICE_CANCEL, CouncilUnknownChoice(operation.choice));
            _cancel(id, member);
        }
    }

    /// @inheritdoc ICouncil
    function pause(Pause calldata operation, bytes calldata memberSignature) external {
        _requireCurrent();
        Controller member = _requireMember(operation.epoch, operation.hash(), operation.deadline, memberSignature);
        uint48 until = operation.until;
        require(
            block.timestamp < until && until <= block.timestamp + MAX_PAUSE
                && operation.deadline <= block.timestamp + MAX_PAUSE_DEADLINE,
            CouncilInvalidPause(until, operation.deadline)
        );
        uint48 last = directory.pausedUntil();
        uint256 allowedFrom = last == 0 ? 0 : uint256(last) + PAUSE_COOL_DOWN;
        require(block.timestamp >= allowedFrom, CouncilCoolingDown(allowedFrom));
        directory.pause(until);
        emit Paused(member, until);
    }

    /// @inheritdoc ICouncil
    function executeProposal(ExecuteProposal calldata operation) external {
        _requireCurrent();
        require(operation.epoch == epoch, CouncilStaleEpoch(operation.epoch, epoch));
        bytes32 id = _idOf(operation.kind, operation.arguments, operation.salt);
        Proposal storage proposal = _proposals[id];
        ProposalState state = _stateOf(proposal);
        uint48 readyAt = proposal.readyAt;
        require(state != ProposalState.Expired, CouncilTooLate(id, readyAt + EXECUTION_WINDOW));
        require(state == ProposalState.Ready, CouncilWrongState(id, state));
        require(block.timestamp >= readyAt, CouncilTooEarly(id, readyAt));
        _execute(id, operation.kind, operation.arguments);
    }

    /// @inheritdoc ICouncil
    function isPaused() external view returns (bool) {
        return block.timestamp < directory.pausedUntil();
    }

    /// @inheritdoc ICouncil
    function pausedUntil() external view returns (uint48) {
        return directory.pausedUntil();
    }

    /// @inheritdoc ICouncil
    function proposalOf(bytes32 proposal)
        external
        view
        returns (ProposalState state, uint32 voteEpoch, uint8 approvals, uint8 cancellations, uint48 readyAt)
    {
        Proposal storage found = _proposals[proposal];
        return
            (_stateOf(found), found.epoch, _count(found.approvals), _count(found.cancellations), found.readyAt);
    }

    // --- votes ---

    function _requireMember(uint32 votedEpoch, bytes32 structHash, uint48 deadline, bytes calldata signature)
        private
        view
        returns (Controller member)
    {
        require(votedEpoch == epoch, CouncilStaleEpoch(votedEpoch, epoch));
        member = _signer(structHash, deadline, signature);
        require(_isMember(member), CouncilNotMember(member));
    }

    function _open(bytes32 id, Vote calldata operation) private {
        Proposal storage proposal = _proposals[id];
        ProposalState state = _stateOf(proposal);
        if (state == ProposalState.None || state == ProposalState.Void) {
            require(
                operation.kind >= PROPOSAL_SET_COUNCIL && operation.kind <= PROPOSAL_COMPROMISE,
                CouncilUnknownKind(operation.kind)
            );
            require(operation.arguments.length <= MAX_ARGUMENTS, CouncilArgumentsSize(operation.arguments.length));
            _proposals[id] = Proposal(epoch, ProposalState.Open, 0, 0, 0);
            emit ProposalOpened(id, epoch, operation.kind, operation.arguments, operation.salt);
        }
    }

    function _approve(bytes32 id, Controller member, Vote calldata operation) private {
        Proposal storage proposal = _proposals[id];
        ProposalState state = _stateOf(proposal);
        require(state == ProposalState.Open, CouncilWrongState(id, state));
        uint32 bit = _bitOf(member);
        // Who has voted to cancel may not approve again: else anyone could replay the earlier approval.
        require((proposal.approvals | proposal.cancellations) & bit == 0, CouncilAlreadyVoted(id, member));
        proposal.approvals |= bit;
        emit Voted(id, epoch, member, CHOICE_APPROVE);
        if (_count(proposal.approvals) < threshold) {
            return;
        }
        if (_isImmediate(operation.kind)) {
            _execute(id, operation.kind, operation.arguments);
        } else {
            uint48 readyAt = uint48(block.timestamp) + delay;
            proposal.state = ProposalState.Ready;
            proposal.readyAt = readyAt;
            emit ProposalReady(id, epoch, readyAt);
        }
    }

    function _cancel(bytes32 id, Controller member) private {
        Proposal storage proposal = _proposals[id];
        ProposalState state = _stateOf(proposal);
        require(state == ProposalState.Open || state == ProposalState.Ready, CouncilWrongState(id, state));
        uint32 bit = _bitOf(member);
        require(proposal.cancellations & bit == 0, CouncilAlreadyVoted(id, member));
        proposal.cancellations |= bit;
        proposal.approvals &= ~bit;
        emit Voted(id, epoch, member, CHOICE_CANCEL);
        if (_count(proposal.cancellations) >= threshold) {
            proposal.state = ProposalState.Cancelled;
            emit ProposalCancelled(id, epoch);
        }
    }

    // --- carrying out ---

    function _execute(bytes32 id, uint8 kind, bytes calldata arguments) private {
        uint32 votedEpoch = epoch;
        _proposals[id].state = ProposalState.Executed;
        emit ProposalExecuted(id, votedEpoch);
        if (kind == PROPOSAL_SET_COUNCIL) {
            (Controller[] memory members, uint8 newThreshold) = abi.decode(arguments, (Controller[], uint8));
            _seat(members, newThreshold, isDevelopment);
        } else if (_isImmediate(kind)) {
            _remove(kind, arguments);
        } else {
            uint48 until = directory.pausedUntil();
            require(block.timestamp >= until, SuccessionPaused(until));
            _give(kind, arguments);
        }
    }

    /// @dev What gives a right: waits the delay, and for the end of a pause.
    function _give(uint8 kind, bytes calldata arguments) private {
        if (kind == PROPOSAL_DIRECTORY) {
            (bytes32 name, address target, bytes32 codeHash, bytes32 layoutId) =
                abi.decode(arguments, (bytes32, address, bytes32, bytes32));
            directory.register(name, target, codeHash, layoutId);
        } else if (kind == PROPOSAL_ADMIT) {
            (bytes20 agency, Controller endorser, uint48 until) =
                abi.decode(arguments, (bytes20, Controller, uint48));
            IRoles(_peer(Names.ROLES)).councilAdmit(agency, endorser, until);
        } else {
            (bytes20 agency, bytes32 typeId, uint48 from, uint48 until, bool mayIssue, bool mayAccredit) =
                abi.decode(arguments, (bytes20, bytes32, uint48, uint48, bool, bool));
            IAccreditationRegistry(_peer(Names.ACCREDITATION_REGISTRY)).councilGrant(
                agency, typeId, from, until, mayIssue, mayAccredit
            );
        }
    }

    /// @dev What takes a right away: at once, and never paused.
    function _remove(uint8 kind, bytes calldata arguments) private {
        if (kind == PROPOSAL_DISMISS) {
            IRoles(_peer(Names.ROLES)).councilDismiss(abi.decode(arguments, (bytes20)));
        } else if (kind == PROPOSAL_END_GRANT) {
            (bytes20 agency, bytes32 typeId, uint32 seq, uint48 endedAt) =
                abi.decode(arguments, (bytes20, bytes32, uint32, uint48));
            IAccreditationRegistry(_peer(Names.ACCREDITATION_REGISTRY)).councilEndGrant(
                agency, typeId, seq, endedAt
            );
        } else {
            (bytes20 id, bytes32 keyThumbprint, uint48 since) = abi.decode(arguments, (bytes20, bytes32, uint48));
            IDidRegistry(_peer(Names.DID_REGISTRY)).councilCompromise(id, keyThumbprint, since);
        }
    }

    // --- reading ---

    function _stateOf(Proposal storage proposal) private view returns (ProposalState state) {
        state = proposal.state;
        if (state == ProposalState.Open || state == ProposalState.Ready) {
            if (proposal.epoch != epoch) {
                return ProposalState.Void;
            }
            if (state == ProposalState.Ready && block.timestamp > proposal.readyAt + EXECUTION_WINDOW) {
                return ProposalState.Expired;
            }
        }
    }

    function _idOf(uint8 kind, bytes calldata arguments, bytes32 salt) private pure returns (bytes32) {
        return keccak256(abi.encode(kind, keccak256(arguments), salt));
    }

    function _isImmediate(uint8 kind) private pure returns (bool) {
        return kind == PROPOSAL_DISMISS || kind == PROPOSAL_END_GRANT || kind == PROPOSAL_COMPROMISE;
    }

    function _count(uint32 bits) private pure returns (uint8 count) {
        for (; bits != 0; bits &= bits - 1) {
            ++count;
        }
    }
}
