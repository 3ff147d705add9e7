// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Controller} from "../types/Controller.sol";
import {AdmitAgency, DismissAgency, EndRole, GrantRole} from "../types/RoleOperations.sol";
import {INonces} from "./INonces.sol";
import {IOperated} from "./IOperated.sol";
import {ISuccession} from "./ISuccession.sol";

/**
 * @title IRoles
 * @author Mapae
 * @notice Which agencies are admitted, and who may act for them. The council admits roots, a root admits agencies. An
 * admission seeds one Endorser, so that the first DID of an agency can be made; every later role is given by the
 * agency's controller. Everything given expires.
 */
interface IRoles is INonces, IOperated, ISuccession {
    /**
     * @notice An agency was admitted, or its admission renewed.
     * @param agency DID id of the agency; it may not exist yet.
     * @param sponsor The root that admitted it; zero: the council.
     * @param endorser The first Endorser, or zero.
     * @param until End of the admission and of the Endorser's term.
     * @param by Who signed; zero: the council.
     * @param nonce The nonce that was spent; zero for the council.
     */
    event AgencyAdmitted(
        bytes20 indexed agency, bytes20 indexed sponsor, Controller endorser, uint48 until, Controller by, uint256 nonce
    );

    /// @notice An agency's admission ended at this block's time.
    /// @param agency DID id of the agency.
    /// @param by Who signed; zero: the council.
    /// @param nonce The nonce that was spent; zero for the council.
    event AgencyDismissed(bytes20 indexed agency, Controller by, uint256 nonce);

    /**
     * @notice A key holds a role from this block's time.
     * @param agency DID id of the agency.
     * @param role 1 Endorser, 2 StatusOperator, 3 IssuanceOperator.
     * @param grantee The key.
     * @param until End of the term.
     * @param by Who signed.
     * @param nonce The nonce that was spent.
     */
    event RoleGranted(
        bytes20 indexed agency,
        uint8 indexed role,
        Controller indexed grantee,
        uint48 until,
        Controller by,
        uint256 nonce
    );

    /**
     * @notice A key's term ended at this block's time.
     * @param agency DID id of the agency.
     * @param role The role.
     * @param grantee The key.
     * @param by Who signed.
     * @param nonce The nonce that was spent.
     */
    event RoleEnded(
        bytes20 indexed agency, uint8 indexed role, Controller indexed grantee, Controller by, uint256 nonce
    );

    /// @notice The signer is not the DID's controller, or the DID is not an active organisation.
    /// @param id The DID.
    /// @param signer Who signed.
    error RolesNotController(bytes20 id, Controller signer);

    /// @notice The agency is not a root that the council admitted.
    /// @param root The agency.
    error RolesNotRoot(bytes20 root);

    /// @notice The agency is another sponsor's to admit or dismiss.
    /// @param agency The agency.
    /// @param sponsor Whose it is; zero: the council's.
    error RolesOtherSponsor(bytes20 agency, bytes20 sponsor);

    /// @notice The agency is not admitted.
    /// @param agency The agency.
    error RolesNotAdmitted(bytes20 agency);

    /// @notice Only an agency's first admission, or one before its DID exists, may name an Endorser; pass zero.
    /// @param agency The agency.
    error RolesEndorserNotSeedable(bytes20 agency);

    /// @notice There is no such role.
    /// @param role The role.
    error RolesUnknownRole(uint8 role);

    /// @notice The value is no controller that can sign.
    /// @param grantee The value.
    error RolesUnusableController(Controller grantee);

    /// @notice A term ends in the future, five years away at most.
    /// @param until End that was asked for.
    /// @param latest Latest end allowed now.
    error RolesInvalidTerm(uint48 until, uint256 latest);

    /**
     * @notice There is no live term to end.
     * @param agency The agency.
     * @param role The role.
     * @param grantee The key.
     */
    error RolesNoTerm(bytes20 agency, uint8 role, Controller grantee);

    /**
     * @notice Admits an agency under a root, or renews its admission.
     * @dev Requirements: not paused; `root` was admitted by the council and is live; the agency has no other live
     * sponsor, and the council has neither admitted nor dismissed it last. Emits {AgencyAdmitted}.
     * @param operation The admission.
     * @param controllerSignature By the controller of the root.
     */
    function admitAgency(AdmitAgency calldata operation, bytes calldata controllerSignature) external;

    /**
     * @notice Ends an admission. Never paused.
     * @dev Requirements: `root` is the sponsor. Emits {AgencyDismissed}.
     * @param operation The dismissal.
     * @param controllerSignature By the controller of the root.
     */
    function dismissAgency(DismissAgency calldata operation, bytes calldata controllerSignature) external;

    /**
     * @notice Gives a key a role; an earlier term of the same key and role is replaced.
     * @dev Requirements: not paused. Emits {RoleGranted}.
     * @param operation The grant.
     * @param controllerSignature By the agency's controller.
     */
    function grantRole(GrantRole calldata operation, bytes calldata controllerSignature) external;

    /**
     * @notice Ends a key's term. Never paused.
     * @dev Emits {RoleEnded}.
     * @param operation The ending.
     * @param controllerSignature By the agency's controller.
     */
    function endRole(EndRole calldata operation, bytes calldata controllerSignature) external;

    /**
     * @notice The council admits a root.
     * @dev Requirements: caller is the council; not paused. Emits {AgencyAdmitted}.
     * @param agency DID id of the root; it may not exist yet.
     * @param endorser Its first Endorser, or zero.
     * @param until End of both.
     */
    function councilAdmit(bytes20 agency, Controller endorser, uint48 until) external;

    /**
     * @notice The council dismisses any agency; only the council can admit it again. Never paused.
     * @dev Requirements: caller is the council. Emits {AgencyDismissed}.
     * @param agency The agency.
     */
    function councilDismiss(bytes20 agency) external;

    /**
     * @notice An agency's admission.
     * @param agency The agency.
     * @return from Since when without interruption; 0: never admitted.
     * @return until When it ends or ended.
     * @return sponsor The root that admitted it; zero: the council admitted or dismissed it.
     */
    function admissionOf(bytes20 agency) external view returns (uint48 from, uint48 until, bytes20 sponsor);

    /**
     * @notice A key's term.
     * @param agency The agency.
     * @param role The role.
     * @param grantee The key.
     * @return from Start of the term; 0: never held.
     * @return until End of the term.
     */
    function termOf(bytes20 agency, uint8 role, Controller grantee) external view returns (uint48 from, uint48 until);

    /**
     * @notice Whether a key holds a role by a term of its own.
     * @dev An Endorser's term counts only while {isAdmitted}, and if it is not older than the admission: whoever
     * endorsed before a dismissal is named anew or is out. The other roles do not depend on the admission, nor on the
     * state of the agency's DID: what a dissolved agency issued can still be revoked until the term ends.
     * @param agency The agency.
     * @param role The role.
     * @param grantee The key.
     * @return Whether it does.
     */
    function holds(bytes20 agency, uint8 role, Controller grantee) external view returns (bool);

    /**
     * @notice Whether a key may act for an agency now.
     * @dev True if it {holds} the role, or controls the agency's active DID; an Endorser counts only while {isAdmitted}
     * and while the agency's DID is not deactivated.
     * @param agency The agency.
     * @param role The role.
     * @param signer The key.
     * @return Whether it may.
     */
    function isAuthorised(bytes20 agency, uint8 role, Controller signer) external view returns (bool);

    /// @notice Whether an agency is admitted now, and its sponsor too.
    /// @param agency The agency.
    /// @return Whether it is.
    function isAdmitted(bytes20 agency) external view returns (bool);
}
