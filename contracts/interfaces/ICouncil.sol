// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Controller} from "../types/Controller.sol";
import {ExecuteProposal, Pause, Vote} from "../types/CouncilOperations.sol";
import {ProposalState} from "../types/Proposal.sol";
import {IOperated} from "./IOperated.sol";
import {ISuccession} from "./ISuccession.sol";

/**
 * @title ICouncil
 * @author Mapae
 * @notice M of n members decide what nobody may decide alone. A proposal is a kind of a closed list with its arguments.
 * Dismissals, endings and compromise marks are carried out by the deciding vote; the others wait the delay and can be
 * carried out by anyone for 14 days.
 */
interface ICouncil is IOperated, ISuccession {
    /**
     * @notice The whole council was set; every open vote of the epoch before is void.
     * @param epoch Number of the council, from 1.
     * @param members Its members.
     * @param threshold How many of them decide.
     */
    event CouncilSet(uint32 indexed epoch, Controller[] members, uint8 threshold);

    /**
     * @notice A proposal got its first vote in an epoch.
     * @param proposal Its id: keccak256(abi.encode(kind, keccak256(arguments), salt)).
     * @param epoch The council that votes.
     * @param kind Kind of proposal.
     * @param arguments ABI encoding of the kind's arguments.
     * @param salt Tells equal proposals apart.
     */
    event ProposalOpened(
        bytes32 indexed proposal, uint32 indexed epoch, uint8 indexed kind, bytes arguments, bytes32 salt
    );

    /**
     * @notice A member voted.
     * @param proposal The proposal.
     * @param epoch The council that votes.
     * @param member The member.
     * @param choice 1 approve, 2 cancel.
     */
    event Voted(bytes32 indexed proposal, uint32 indexed epoch, Controller indexed member, uint8 choice);

    /**
     * @notice Enough members approved; the delay runs.
     * @param proposal The proposal.
     * @param epoch The council that voted.
     * @param readyAt First second at which anyone may execute it.
     */
    event ProposalReady(bytes32 indexed proposal, uint32 indexed epoch, uint48 readyAt);

    /// @notice Enough members voted to cancel; it can never be executed.
    /// @param proposal The proposal.
    /// @param epoch The council that voted.
    event ProposalCancelled(bytes32 indexed proposal, uint32 indexed epoch);

    /// @notice The proposal was carried out; it can never be again.
    /// @param proposal The proposal.
    /// @param epoch The council that voted.
    event ProposalExecuted(bytes32 indexed proposal, uint32 indexed epoch);

    /// @notice A member paused what gives rights.
    /// @param member The member.
    /// @param until First second at which it works again.
    event Paused(Controller indexed member, uint48 until);

    /// @notice The number of members and the threshold do not make a council.
    /// @param memberCount How many members.
    /// @param threshold How many decide.
    error CouncilInvalidSize(uint256 memberCount, uint8 threshold);

    /// @notice A member is listed twice or is no usable controller.
    /// @param member The member.
    error CouncilInvalidMember(Controller member);

    /// @notice The delay is too short for this council.
    /// @param delay The delay.
    /// @param minimum The shortest that is allowed.
    error CouncilDelayTooShort(uint48 delay, uint48 minimum);

    /// @notice The signer is not a member.
    /// @param signer Who signed.
    error CouncilNotMember(Controller signer);

    /// @notice The vote was meant for another council.
    /// @param given Epoch that was signed, or under which the proposal was voted.
    /// @param current Epoch of the present council.
    error CouncilStaleEpoch(uint32 given, uint32 current);

    /// @notice There is no such kind of proposal.
    /// @param kind The kind.
    error CouncilUnknownKind(uint8 kind);

    /// @notice The arguments of a proposal have 2048 bytes at most.
    /// @param length Bytes that were given.
    error CouncilArgumentsSize(uint256 length);

    /// @notice A choice is 1 (approve) or 2 (cancel).
    /// @param choice The choice.
    error CouncilUnknownChoice(uint8 choice);

    /// @notice The member's vote is already counted, or was withdrawn by a vote to cancel.
    /// @param proposal The proposal.
    /// @param member The member.
    error CouncilAlreadyVoted(bytes32 proposal, Controller member);

    /// @notice The proposal is not in a state that allows this.
    /// @param proposal The proposal.
    /// @param state The state it is in.
    error CouncilWrongState(bytes32 proposal, ProposalState state);

    /// @notice The delay still runs.
    /// @param proposal The proposal.
    /// @param readyAt First second at which it may be executed.
    error CouncilTooEarly(bytes32 proposal, uint48 readyAt);

    /// @notice The window for executing has passed; propose it again with another salt.
    /// @param proposal The proposal.
    /// @param expiredAt Last second at which it could be executed.
    error CouncilTooLate(bytes32 proposal, uint48 expiredAt);

    /// @notice A pause ends in the future and lasts 72 hours at most; its deadline is 24 hours away at most.
    /// @param until End that was asked for.
    /// @param deadline Deadline that was signed.
    error CouncilInvalidPause(uint48 until, uint48 deadline);

    /// @notice The last pause is too recent.
    /// @param allowedFrom First second at which a member may pause again.
    error CouncilCoolingDown(uint256 allowedFrom);

    /**
     * @notice Casts a member's vote, opening the proposal if it is the first.
     * @dev Requirements: signer is a member of epoch `operation.epoch`, which is the present one. A member may approve
     * and later cancel, never the other way. Emits {Voted}; may emit {ProposalOpened}, {ProposalReady},
     * {ProposalCancelled}, {ProposalExecuted}.
     * @param operation The vote.
     * @param memberSignature By the member.
     */
    function vote(Vote calldata operation, bytes calldata memberSignature) external;

    /**
     * @notice Stops creating, accrediting, granting, lifting, transferring and replacing contracts for a while.
     * @dev Requirements: a member; at most 72 hours; 14 days after the last pause. Emits {Paused}.
     * @param operation The pause.
     * @param memberSignature By the member.
     */
    function pause(Pause calldata operation, bytes calldata memberSignature) external;

    /**
     * @notice Carries out a proposal that is ready. Anyone may send it.
     * @dev Requirements: approved in the present epoch; between `readyAt` and 14 days later. Emits {ProposalExecuted}.
     * @param operation Which proposal.
     */
    function executeProposal(ExecuteProposal calldata operation) external;

    /// @notice Whether a key is a member of the present council.
    /// @param member The key.
    /// @return Whether it is.
    function isMember(Controller member) external view returns (bool);

    /// @notice Number of the present council.
    /// @return 1-based.
    function epoch() external view returns (uint32);

    /// @notice How many members decide.
    /// @return The threshold m.
    function threshold() external view returns (uint8);

    /// @notice How many members there are.
    /// @return The size n.
    function memberCount() external view returns (uint256);

    /// @notice A member of the present council.
    /// @param position 0 .. memberCount() - 1.
    /// @return The member.
    function memberAt(uint256 position) external view returns (Controller);

    /// @notice Whether what gives rights is paused.
    /// @return Whether it is.
    function isPaused() external view returns (bool);

    /// @notice When the last pause ends or ended.
    /// @return First second without it; 0 if there never was one.
    function pausedUntil() external view returns (uint48);

    /**
     * @notice The votes on a proposal.
     * @param proposal Its id.
     * @return state Where it stands; a vote of an earlier epoch or a missed window shows as void or expired.
     * @return voteEpoch The council that last voted on it.
     * @return approvals How many approve.
     * @return cancellations How many want it cancelled.
     * @return readyAt First second at which it may be executed; 0 while it is not decided.
     */
    function proposalOf(bytes32 proposal)
        external
        view
        returns (ProposalState state, uint32 voteEpoch, uint8 approvals, uint8 cancellations, uint48 readyAt);

    /// @notice How long a decision waits.
    /// @return Seconds.
    function delay() external view returns (uint48);

    /// @notice Whether this is a development ledger, where one of one may decide at once.
    /// @return Whether it is.
    function isDevelopment() external view returns (bool);
}
