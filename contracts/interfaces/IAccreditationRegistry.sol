// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Accredit, EndGrant} from "../types/AccreditationOperations.sol";
import {Controller} from "../types/Controller.sol";
import {Grant, GrantRef} from "../types/Grant.sol";
import {INonces} from "./INonces.sol";
import {IOperated} from "./IOperated.sol";
import {ISuccession} from "./ISuccession.sol";

/**
 * @title IAccreditationRegistry
 * @author Mapae
 * @notice Who may issue which type of credential, and who said so. Grants are appended and never changed, but that
 * their end may move earlier. The council gives the first of a chain; a child lies inside its parent.
 */
interface IAccreditationRegistry is INonces, IOperated, ISuccession {
    /**
     * @notice A grant was given.
     * @param agency Who got it.
     * @param typeId keccak256 of the type's `vct`.
     * @param seq The how many-th grant of this agency and type, from 1.
     * @param grantor Who gave it; zero: the council.
     * @param grantorSeq The parent grant; 0 for the council.
     * @param depth 1: given by the council.
     * @param mayIssue Whether the agency may issue.
     * @param mayAccredit Whether the agency may accredit others.
     * @param from First second at which it holds.
     * @param until First second at which it no longer holds.
     * @param by Who signed; zero: the council.
     */
    event Accredited(
        bytes20 indexed agency,
        bytes32 indexed typeId,
        uint32 indexed seq,
        bytes20 grantor,
        uint32 grantorSeq,
        uint8 depth,
        bool mayIssue,
        bool mayAccredit,
        uint48 from,
        uint48 until,
        Controller by
    );

    /**
     * @notice A grant ends earlier than it did.
     * @param agency Whose grant.
     * @param typeId Type of the grant.
     * @param seq Number of the grant.
     * @param endedAt First second at which it no longer holds.
     * @param by Who signed; zero: the council.
     * @param nonce The nonce that was spent; zero for the council.
     */
    event GrantEnded(
        bytes20 indexed agency,
        bytes32 indexed typeId,
        uint32 indexed seq,
        uint48 endedAt,
        Controller by,
        uint256 nonce
    );

    /// @notice The signer does not control the grantor, or the grantor is not active.
    /// @param grantor The DID in whose name it was signed.
    /// @param signer Who signed.
    error AccreditationNotController(bytes20 grantor, Controller signer);

    /// @notice The grantee is not an active organisation.
    /// @param agency The grantee.
    error AccreditationUnfitAgency(bytes20 agency);

    /// @notice Nobody gives a grant to itself.
    /// @param agency The grantor and grantee.
    error AccreditationSelfGrant(bytes20 agency);

    /// @notice A type id is never zero.
    error AccreditationInvalidType();

    /// @notice There is no such grant.
    /// @param agency Whose grant.
    /// @param typeId Type of the grant.
    /// @param seq Number of the grant.
    error AccreditationUnknownGrant(bytes20 agency, bytes32 typeId, uint32 seq);

    /// @notice The parent, or a grant above it, does not hold now.
    /// @param grantor Whose grant the parent is.
    /// @param typeId Type of the grant.
    /// @param seq Number of the parent grant.
    error AccreditationParentNotLive(bytes20 grantor, bytes32 typeId, uint32 seq);

    /// @notice The parent grant does not allow accrediting others.
    /// @param grantor Whose grant the parent is.
    /// @param typeId Type of the grant.
    /// @param seq Number of the parent grant.
    error AccreditationMayNotAccredit(bytes20 grantor, bytes32 typeId, uint32 seq);

    /// @notice The chain would be longer than four grants.
    /// @param depth Depth that the new grant would have.
    error AccreditationTooDeep(uint8 depth);

    /**
     * @notice The window is empty or does not lie inside the parent's.
     * @param from Start that was asked for.
     * @param until End that was asked for.
     * @param earliest Earliest start allowed.
     * @param latest Latest end allowed.
     */
    error AccreditationInvalidWindow(uint48 from, uint48 until, uint48 earliest, uint48 latest);

    /// @notice A grant lets its holder issue, accredit, or both.
    error AccreditationEmptyGrant();

    /// @notice The grant was signed for another number; read the count again and sign anew.
    /// @param expected Number that was signed.
    /// @param actual Number that the next grant gets.
    error AccreditationStaleSeq(uint32 expected, uint32 actual);

    /// @notice Another agency gave this grant.
    /// @param grantor Who gave it; zero: the council.
    /// @param claimed Who wanted to end it.
    error AccreditationNotGrantor(bytes20 grantor, bytes20 claimed);

    /// @notice The end of a grant only moves earlier.
    /// @param current End that stands.
    /// @param proposed End that was asked for.
    error AccreditationNotEarlier(uint48 current, uint48 proposed);

    /**
     * @notice Gives an agency a grant under the grantor's own.
     * @dev Requirements: not paused; every grant of the chain holds now; the new window lies inside the parent's; the
     * agency is an active organisation. Emits {Accredited}.
     * @param operation The grant.
     * @param controllerSignature By the grantor's controller.
     */
    function accredit(Accredit calldata operation, bytes calldata controllerSignature) external;

    /**
     * @notice Lets a grant end earlier; in the past, too. Never paused.
     * @dev Requirements: the grantor gave it. Emits {GrantEnded}.
     * @param operation The ending.
     * @param controllerSignature By the grantor's controller.
     */
    function endGrant(EndGrant calldata operation, bytes calldata controllerSignature) external;

    /**
     * @notice The council gives a grant of depth 1.
     * @dev Requirements: caller is the council; not paused; the agency is an active organisation. Emits {Accredited}.
     * @param agency Who gets it.
     * @param typeId Type of the grant.
     * @param from First second at which it holds.
     * @param until First second at which it no longer holds.
     * @param mayIssue Whether the agency may issue.
     * @param mayAccredit Whether the agency may accredit others.
     */
    function councilGrant(
        bytes20 agency,
        bytes32 typeId,
        uint48 from,
        uint48 until,
        bool mayIssue,
        bool mayAccredit
    ) external;

    /**
     * @notice The council ends any grant. Never paused.
     * @dev Requirements: caller is the council. Emits {GrantEnded}.
     * @param agency Whose grant.
     * @param typeId Type of the grant.
     * @param seq Number of the grant.
     * @param endedAt First second at which it no longer holds.
     */
    function councilEndGrant(bytes20 agency, bytes32 typeId, uint32 seq, uint48 endedAt) external;

    /// @notice How many grants of a type an agency has had.
    /// @param agency The agency.
    /// @param typeId The type.
    /// @return The number of the newest.
    function countOf(bytes20 agency, bytes32 typeId) external view returns (uint32);

    /// @notice One grant, wherever it is kept.
    /// @param agency Whose.
    /// @param typeId Type of the grant.
    /// @param seq Its number, from 1.
    /// @return The grant; all zero if there is none.
    function grantOf(bytes20 agency, bytes32 typeId, uint32 seq) external view returns (Grant memory);

    /**
     * @notice Whether an agency may issue a type at a time, and by which chain of grants.
     * @dev Tries its newest 16 grants, newest first. `valid` iff the first grant allows issuing and every grant of the
     * chain holds at `time`. If none is, the chain of the newest grant is returned as the reason.
     * @param agency The agency.
     * @param typeId The type.
     * @param time Unix seconds.
     * @return valid Whether it may issue.
     * @return path The chain's names, from the agency up to the council's grant.
     * @return grants The chain's grants, in the same order.
     */
    function pathAt(bytes20 agency, bytes32 typeId, uint48 time)
        external
        view
        returns (bool valid, GrantRef[] memory path, Grant[] memory grants);

    /// @notice Whether an agency holds a live grant of a type from the council itself.
    /// @dev Tries its newest 16 grants.
    /// @param agency The agency.
    /// @param typeId The type.
    /// @return Whether it does.
    function holdsRootGrant(bytes20 agency, bytes32 typeId) external view returns (bool);
}
