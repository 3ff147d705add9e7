// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDidRegistry} from "./interfaces/IDidRegistry.sol";
import {IDirectory} from "./interfaces/IDirectory.sol";
import {IRoles} from "./interfaces/IRoles.sol";
import {KeyedNonces} from "./libraries/KeyedNonces.sol";
import {Names} from "./libraries/Names.sol";
import {Operated} from "./libraries/Operated.sol";
import {Succession} from "./libraries/Succession.sol";
import {Controller, NOBODY} from "./types/Controller.sol";
import {COUNCIL_ID, DidHead} from "./types/DidRecord.sol";
import {MAX_TERM} from "./types/Limits.sol";
import {Admission, ROLE_ENDORSER, ROLE_ISSUANCE_OPERATOR, Term} from "./types/Role.sol";
import {AdmitAgency, DismissAgency, EndRole, GrantRole} from "./types/RoleOperations.sol";

/**
 * @title Roles
 * @author Mapae
 * @notice Which agencies are admitted, and who may act for them.
 */
contract Roles is IRoles, Operated, Succession, KeyedNonces {
    mapping(bytes20 agency => Admission) private _admissions;
    mapping(bytes20 agency => mapping(uint8 role => mapping(Controller grantee => Term))) private _terms;

    /**
     * @notice Fixes the contract's place.
     * @param directory_ The Directory.
     * @param network Name of the network.
     * @param predecessor_ The contract that this one replaces, or zero.
     */
    constructor(IDirectory directory_, string memory network, address predecessor_)
        Operated(network)
        Succession(directory_, Names.ROLES, predecessor_)
    {}

    /// @inheritdoc IRoles
    function admitAgency(AdmitAgency calldata operation, bytes calldata controllerSignature) external {
        IDidRegistry dids = IDidRegistry(_peerWhenRunning(Names.DID_REGISTRY));
        Controller signer = _signer(operation.hash(), operation.deadline, controllerSignature);
        _requireController(dids, operation.root, signer);
        _useNonce(signer, operation.nonce);
        require(_isRoot(operation.root), RolesNotRoot(operation.root));
        _requireOpenTo(operation.root, operation.agency);
        _admit(operation.agency, operation.root, operation.endorser, operation.until);
        emit AgencyAdmitted(
            operation.agency, operation.root, operation.endorser, operation.until, signer, operation.nonce
        );
    }

    /// @inheritdoc IRoles
    function dismissAgency(DismissAgency calldata operation, bytes calldata controllerSignature) external {
        IDidRegistry dids = IDidRegistry(_peerWhenCurrent(Names.DID_REGISTRY));
        Controller signer = _signer(operation.hash(), operation.deadline, controllerSignature);
        _requireController(dids, operation.root, signer);
        _useNonce(signer, operation.nonce);
        (,, bytes20 sponsor) = _admissionOf(operation.agency);
        require(sponsor == operation.root && sponsor != COUNCIL_ID, RolesOtherSponsor(operation.agency, sponsor));
        _dismiss(operation.agency, sponsor);
        emit AgencyDismissed(operation.agency, signer, operation.nonce);
    }

    /// @inheritdoc IRoles
    function grantRole(GrantRole calldata operation, bytes calldata controllerSignature) external {
        IDidRegistry dids = IDidRegistry(_peerWhenRunning(Names.DID_REGISTRY));
        Controller signer = _signer(operation.hash(), operation.deadline, controllerSignature);
        _requireController(dids, operation.agency, signer);
        _useNonce(signer, operation.nonce);
        require(_isRole(operation.role), RolesUnknownRole(operation.role));
        require(operation.grantee.isUsable(), RolesUnusableController(operation.grantee));
        _requireTerm(operation.until);
        _terms[operation.agency][operation.role][operation.grantee] = Term(uint48(block.timestamp), operation.until);
        emit RoleGranted(operation.agency, operation.role, operation.grantee, operation.until, signer, operation.nonce);
    }

    /// @inheritdoc IRoles
    function endRole(EndRole calldata operation, bytes calldata controllerSignature) external {
        IDidRegistry dids = IDidRegistry(_peerWhenCurrent(Names.DID_REGISTRY));
        Controller signer = _signer(operation.hash(), operation.deadline, controllerSignature);
        _requireController(dids, operation.agency, signer);
        _useNonce(signer, operation.nonce);
        (uint48 from, uint48 until) = _termOf(operation.agency, operation.role, operation.grantee);
        require(_isLive(from, until), RolesNoTerm(operation.agency, operation.role, operation.grantee));
        _terms[operation.agency][operation.role][operation.grantee] = Term(from, uint48(block.timestamp));
        emit RoleEnded(operation.agency, operation.role, operation.grantee, signer, operation.nonce);
    }

    /// @inheritdoc IRoles
    function councilAdmit(bytes20 agency, Controller endorser, uint48 until) external {
        _requireCouncil();
        _admit(agency, COUNCIL_ID, endorser, until);
        emit AgencyAdmitted(agency, COUNCIL_ID, endorser, until, NOBODY, 0);
    }

    /// @inheritdoc IRoles
    function councilDismiss(bytes20 agency) external {
        _requireCouncil();
        _dismiss(agency, COUNCIL_ID);
        emit AgencyDismissed(agency, NOBODY, 0);
    }

    /// @inheritdoc IRoles
    function admissionOf(bytes20 agency) external view returns (uint48 from, uint48 until, bytes20 sponsor) {
        return _admissionOf(agency);
    }

    /// @inheritdoc IRoles
    function termOf(bytes20 agency, uint8 role, Controller grantee) external view returns (uint48 from, uint48 until) {
        return _termOf(agency, role, grantee);
    }

    /// @inheritdoc IRoles
    function holds(bytes20 agency, uint8 role, Controller grantee) external view returns (bool) {
        return _holds(agency, role, grantee);
    }

    /// @inheritdoc IRoles
    function isAuthorised(bytes20 agency, uint8 role, Controller signer) external view returns (bool) {
        bool holder = _holds(agency, role, signer);
        if (role != ROLE_ENDORSER) {
            return holder || (_isRole(role) && _headOf(agency).isAgencyOf(signer));
        }
        DidHead head = _headOf(agency);
        return head.isAgencyOf(signer) ? _isAdmitted(agency) : holder && !head.isDeactivated();
    }

    /// @inheritdoc IRoles
    function isAdmitted(bytes20 agency) external view returns (bool) {
        return _isAdmitted(agency);
    }

    // --- writing ---

    function _admit(bytes20 agency, bytes20 sponsor, Controller endorser, uint48 until) private {
        require(agency != bytes20(0), RolesNotAdmitted(agency));
        _requireTerm(until);
        (uint48 from, uint48 present,) = _admissionOf(agency);
        uint48 time = uint48(block.timestamp);
        if (endorser != NOBODY) {
            require(endorser.isUsable(), RolesUnusableController(endorser));
            require(from == 0 || !_headOf(agency).exists(), RolesEndorserNotSeedable(agency));
            _terms[agency][ROLE_ENDORSER][endorser] = Term(time, until);
        }
        _admissions[agency] = Admission(_isLive(from, present) ? from : time, until, sponsor);
    }

    function _dismiss(bytes20 agency, bytes20 by) private {
        (uint48 from, uint48 until,) = _admissionOf(agency);
        require(_isLive(from, until), RolesNotAdmitted(agency));
        _admissions[agency] = Admission(from, uint48(block.timestamp), by);
    }

    /// @dev A root admits whom nobody has admitted, whom another root has let go, or its own. Whom the council admitted or
    /// dismissed is the council's to admit.
    function _requireOpenTo(bytes20 root, bytes20 agency) private view {
        (uint48 from, uint48 until, bytes20 sponsor) = _admissionOf(agency);
        bool free = from == 0 || (sponsor != COUNCIL_ID && !_isLive(from, until));
        require(free || sponsor == root, RolesOtherSponsor(agency, sponsor));
    }

    function _requireTerm(uint48 until) private view {
        uint256 latest = block.timestamp + MAX_TERM;
        require(block.timestamp < until && until <= latest, RolesInvalidTerm(until, latest));
    }

    // --- reading ---

    function _holds(bytes20 agency, uint8 role, Controller grantee) private view returns (bool) {
        (uint48 from, uint48 until) = _termOf(agency, role, grantee);
        if (!_isLive(from, until) || role != ROLE_ENDORSER) {
            return _isLive(from, until);
        }
        (uint48 admittedFrom, uint48 admittedUntil, bytes20 sponsor) = _admissionOf(agency);
        return from >= admittedFrom && _isAdmitted(admittedFrom, admittedUntil, sponsor);
    }

    function _isAdmitted(uint48 from, uint48 until, bytes20 sponsor) private view returns (bool) {
        return _isLive(from, until) && (sponsor == COUNCIL_ID || _isRoot(sponsor));
    }

    function _isAdmitted(bytes20 agency) private view returns (bool) {
        (uint48 from, uint48 until, bytes20 sponsor) = _admissionOf(agency);
        return _isAdmitted(from, until, sponsor);
    }

    function _isRoot(bytes20 agency) private view returns (bool) {
        (uint48 from, uint48 until, bytes20 sponsor) = _admissionOf(agency);
        return _isLive(from, until) && sponsor == COUNCIL_ID;
    }

    function _admissionOf(bytes20 agency) private view returns (uint48 from, uint48 until, bytes20 sponsor) {
        Admission storage admission = _admissions[agency];
        (from, until, sponsor) = (admission.from, admission.until, admission.sponsor);
        if (from == 0 && _hasPredecessor()) {
            return IRoles(predecessor).admissionOf(agency);
        }
    }

    function _termOf(bytes20 agency, uint8 role, Controller grantee) private view returns (uint48 from, uint48 until) {
        Term storage term = _terms[agency][role][grantee];
        (from, until) = (term.from, term.until);
        if (from == 0 && _hasPredecessor()) {
            return IRoles(predecessor).termOf(agency, role, grantee);
        }
    }

    function _headOf(bytes20 id) private view returns (DidHead) {
        return IDidRegistry(_peer(Names.DID_REGISTRY)).headOf(id);
    }

    function _requireController(IDidRegistry dids, bytes20 id, Controller signer) private view {
        require(dids.headOf(id).isAgencyOf(signer), RolesNotController(id, signer));
    }

    function _isLive(uint48 from, uint48 until) private view returns (bool) {
        return from <= block.timestamp && block.timestamp < until;
    }

    function _isRole(uint8 role) private pure returns (bool) {
        return ROLE_ENDORSER <= role && role <= ROLE_ISSUANCE_OPERATOR;
    }
}
