// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    CreateOrganisation,
    DeactivateDid,
    MarkCompromised,
    TransferControl,
    UpdateDocument
} from "../../../contracts/types/DidOperations.sol";
import {Controller} from "../../../contracts/types/Controller.sol";
import {Vote} from "../../../contracts/types/CouncilOperations.sol";
import {Accredit, EndGrant} from "../../../contracts/types/AccreditationOperations.sol";
import {Grant} from "../../../contracts/types/Grant.sol";
import {ProposalState} from "../../../contracts/types/Proposal.sol";
import {Lift, OpenList, Revoke, Suspend} from "../../../contracts/types/StatusOperations.sol";
import {World} from "./World.sol";

/**
 * @title Random hands on one registry: each call is an attempt, and what it may have done is written down beside.
 * @author Mapae
 * @dev The notes (`ghost...`) follow the rules of DESIGN.md, not the contracts' code; the invariants compare the two.
 */
contract Hands is World {
    uint256 internal constant FOUNDER = 101;
    uint256 internal constant OTHER = 102;
    uint256 internal constant CHILD = 103;
    uint256 internal constant PLANE = 512;
    bytes32 internal constant THUMBPRINT = keccak256("key");

    bytes20 public id;
    bytes20 public childId;
    bytes32 public list;

    uint256 public ghostController = FOUNDER;
    uint32 public ghostVersion = 1;
    bytes32 public ghostHistory;
    bool public ghostEnded;
    uint48 public ghostSince;
    uint256[1024] public ghostWords;
    bytes32 public ghostOpsHead;
    uint48 public ghostOps;
    uint48 public ghostGrantEnd;
    mapping(bytes32 proposal => mapping(uint256 member => bool)) public ghostApproves;
    bytes32[] public proposals;
    bool public broken;

    constructor() {
        _found(5, 3);
        id = _idOf(FOUNDER, "root");
        childId = _idOf(CHILD, "child");
        _decide(3, abi.encode(id, _controller(FOUNDER), uint48(block.timestamp + 1000 days)));
        ghostHistory = _create(FOUNDER, "root");
        _create(CHILD, "child");
        _decide(5, abi.encode(id, TYPE, uint48(block.timestamp), uint48(block.timestamp + 900 days), true, true));
        _grantChild();
        OpenList memory opening = OpenList(id, "list", FOREVER);
        bytes32 structHash = keccak256(abi.encode(keccak256("OpenList(bytes20 owner,bytes32 salt,uint48 deadline)"), opening));
        statuses.openList(opening, _sign(FOUNDER, address(statuses), structHash));
        list = keccak256(abi.encode(address(statuses), id, bytes32("list")));
        ghostOpsHead = sha256(abi.encodePacked(list));
    }

    // --- a DID ---

    function update(uint256 who, uint32 version, bytes calldata document) external {
        uint256 secret = _someone(who);
        version = version % 4 == 0 ? version : ghostVersion;
        UpdateDocument memory operation = UpdateDocument(id, version, document, FOREVER);
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256("UpdateDocument(bytes20 id,uint32 expectedVersion,bytes document,uint48 deadline)"),
                id,
                version,
                keccak256(document),
                FOREVER
            )
        );
        try dids.updateDocument(operation, _sign(secret, address(dids), structHash)) {
            bool allowed = !ghostEnded && secret == ghostController && version == ghostVersion && document.length != 0
                && document.length <= 8192;
            _note(!allowed);
            _advance(sha256(document), secret, 1);
        } catch {}
    }

    function transfer(uint256 who, uint256 heir, uint32 version) external {
        uint256 secret = _someone(who);
        uint256 next = _someone(heir);
        version = version % 4 == 0 ? version : ghostVersion;
        TransferControl memory operation = TransferControl(id, version, _controller(next), "moved", FOREVER);
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256(
                    "TransferControl(bytes20 id,uint32 expectedVersion,bytes21 newController,bytes document,uint48 deadline)"
                ),
                id,
                version,
                operation.newController,
                keccak256("moved"),
                FOREVER
            )
        );
        bytes memory first = _sign(secret, address(dids), structHash);
        try dids.transferControl(operation, first, _sign(next, address(dids), structHash)) {
            _note(ghostEnded || secret != ghostController || version != ghostVersion);
            ghostController = next;
            _advance(sha256("moved"), next, 1);
        } catch {}
    }

    /// @dev Rare, or nothing would happen afterwards.
    function deactivate(uint256 who, uint256 luck) external {
        if (luck % 16 != 0) {
            return;
        }
        uint256 secret = _someone(who);
        DeactivateDid memory operation = DeactivateDid(id, ghostVersion, FOREVER);
        bytes32 structHash = keccak256(
            abi.encode(keccak256("DeactivateDid(bytes20 id,uint32 expectedVersion,uint48 deadline)"), operation)
        );
        try dids.deactivateDid(operation, _sign(secret, address(dids), structHash)) {
            _note(ghostEnded || secret != ghostController);
            ghostEnded = true;
            _advance(sha256(""), ghostController, 2);
        } catch {}
    }

    function mark(uint256 who, uint48 since) external {
        uint256 secret = _someone(who);
        since = uint48(since % (block.timestamp + 10 days));
        MarkCompromised memory operation = MarkCompromised(id, THUMBPRINT, since, id, 0, 0, FOREVER);
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256(
                    "MarkCompromised(bytes20 id,bytes32 keyThumbprint,uint48 since,bytes20 reporter,bytes32 typeId,uint32 seq,uint48 deadline)"
                ),
                operation
            )
        );
        try dids.markCompromised(operation, _sign(secret, address(dids), structHash)) {
            _note(secret != ghostController || since == 0 || since > block.timestamp);
            if (ghostSince == 0 || since < ghostSince) {
                ghostSince = since;
            }
        } catch {}
    }

    // --- a status list ---

    function revoke(uint256 who, uint16 word, uint256 mask) external {
        uint256 secret = _someone(who);
        Revoke memory operation = Revoke(list, word % 600, _masks(mask), FOREVER);
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256("Revoke(bytes32 list,uint16 startWord,uint256[] masks,uint48 deadline)"),
                list,
                operation.startWord,
                keccak256(abi.encodePacked(operation.masks)),
                FOREVER
            )
        );
        try statuses.revoke(operation, _sign(secret, address(statuses), structHash)) {
            _follow(1, secret, operation.startWord, operation.masks);
        } catch {}
    }

    function suspend(uint256 who, uint16 word, uint256 mask) external {
        uint256 secret = _someone(who);
        Suspend memory operation = Suspend(list, word % 600, _masks(mask), _nonce(secret), FOREVER);
        bytes32 kind = keccak256("Suspend(bytes32 list,uint16 startWord,uint256[] masks,uint256 nonce,uint48 deadline)");
        bytes32 structHash = _hash(kind, operation.startWord, operation.masks, operation.nonce);
        try statuses.suspend(operation, _sign(secret, address(statuses), structHash)) {
            _follow(2, secret, operation.startWord, operation.masks);
        } catch {}
    }

    function lift(uint256 who, uint16 word, uint256 mask) external {
        uint256 secret = _someone(who);
        Lift memory operation = Lift(list, word % 600, _masks(mask), _nonce(secret), FOREVER);
        bytes32 kind = keccak256("Lift(bytes32 list,uint16 startWord,uint256[] masks,uint256 nonce,uint48 deadline)");
        bytes32 structHash = _hash(kind, operation.startWord, operation.masks, operation.nonce);
        try statuses.lift(operation, _sign(secret, address(statuses), structHash)) {
            _follow(3, secret, operation.startWord, operation.masks);
        } catch {}
    }

    // --- a grant ---

    function endGrant(uint256 who, uint48 endedAt, uint256 nonceOff) external {
        uint256 secret = _someone(who);
        endedAt = uint48(endedAt % (block.timestamp + 1000 days));
        uint256 nonce = accreditations.nonces(VM.addr(secret), 0) + nonceOff % 2;
        EndGrant memory operation = EndGrant(id, childId, TYPE, 1, endedAt, nonce, FOREVER);
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256(
                    "EndGrant(bytes20 grantor,bytes20 agency,bytes32 typeId,uint32 seq,uint48 endedAt,uint256 nonce,uint48 deadline)"
                ),
                operation
            )
        );
        try accreditations.endGrant(operation, _sign(secret, address(accreditations), structHash)) {
            _note(
                ghostEnded || secret != ghostController || endedAt == 0 || endedAt >= ghostGrantEnd
                    || nonceOff % 2 != 0
            );
            ghostGrantEnd = endedAt;
        } catch {}
    }

    // --- the council ---

    function vote(uint256 who, uint256 what, uint8 choice) external {
        uint256 secret = who % 7 + 1; // five members and two strangers
        choice = choice % 4;
        bytes32 salt = bytes32(what % 3);
        Vote memory ballot = Vote(7, abi.encode(childId, THUMBPRINT, uint48(1)), salt, council.epoch(), choice);
        bytes32 proposal = keccak256(abi.encode(uint8(7), keccak256(ballot.arguments), salt));
        (ProposalState before,,,,) = council.proposalOf(proposal);
        try this.voteAs(secret, ballot) {
            _note(secret > 5 || choice == 0 || choice > 2);
            if (before == ProposalState.None) {
                proposals.push(proposal);
            }
            ghostApproves[proposal][secret] = choice == 1;
        } catch {}
    }

    function voteAs(uint256 secret, Vote calldata ballot) external {
        _vote(secret, ballot);
    }

    function wait(uint256 seconds_) external {
        VM.warp(block.timestamp + seconds_ % 3 days);
        VM.roll(block.number + 1);
    }

    // --- what the invariants ask ---

    function approvalsOf(bytes32 proposal) external view returns (uint256 count) {
        for (uint256 member = 1; member <= 5; ++member) {
            if (ghostApproves[proposal][member]) {
                ++count;
            }
        }
    }

    function proposalCount() external view returns (uint256) {
        return proposals.length;
    }

    function stateOf(bytes32 proposal) external view returns (ProposalState state) {
        (state,,,,) = council.proposalOf(proposal);
    }

    function recordNow() external view returns (bytes32 history, Controller controller, uint32 version, uint8 status) {
        (history, controller, version, status,,) = dids.recordOf(id);
    }

    function controllerOf(uint256 secret) external pure returns (Controller) {
        return _controller(secret);
    }

    function sinceNow() external view returns (uint48) {
        return dids.compromisedSince(id, THUMBPRINT);
    }

    function listNow() external view returns (uint48 seq, bytes32 opsHead, uint256[] memory words) {
        (, seq,, opsHead,) = statuses.listOf(list);
        words = statuses.words(list, 0, 1024);
    }

    function grantEndNow() external view returns (uint48) {
        Grant memory grant = accreditations.grantOf(childId, TYPE, 1);
        return grant.endedAt == 0 ? grant.until : grant.endedAt;
    }

    // --- notes ---

    function _note(bool wrong) private {
        broken = broken || wrong;
    }

    function _advance(bytes32 content, uint256 controller, uint8 state) private {
        ++ghostVersion;
        ghostHistory = sha256(
            abi.encodePacked(
                ghostHistory,
                content,
                _controller(controller),
                ghostVersion,
                uint8(0x10 | state),
                uint48(block.number),
                uint64(block.timestamp)
            )
        );
    }

    function _follow(uint8 op, uint256 secret, uint16 startWord, uint256[] memory masks) private {
        _note(secret != ghostController || ghostEnded || startWord + masks.length > PLANE);
        uint256[] memory changed = new uint256[](masks.length);
        bool any;
        for (uint256 i = 0; i < masks.length; ++i) {
            uint256 place = (op == 1 ? 0 : PLANE) + startWord + i;
            uint256 before = ghostWords[place];
            ghostWords[place] = op == 3 ? before & ~masks[i] : before | masks[i];
            changed[i] = before ^ ghostWords[place];
            any = any || changed[i] != 0;
        }
        if (any) {
            ++ghostOps;
            bytes memory step =
                abi.encodePacked(ghostOpsHead, uint64(ghostOps), uint64(block.timestamp), startWord, changed, op);
            ghostOpsHead = sha256(step);
        }
    }

    // --- helpers ---

    /// @dev Mostly the one who may, else somebody who may not.
    function _someone(uint256 who) private view returns (uint256) {
        uint256[3] memory cast = [FOUNDER, OTHER, CHILD];
        return who % 3 == 0 ? cast[who / 3 % 3] : ghostController;
    }

    function _masks(uint256 mask) private pure returns (uint256[] memory masks) {
        masks = new uint256[](mask % 3 + 1);
        for (uint256 i = 0; i < masks.length; ++i) {
            masks[i] = uint256(keccak256(abi.encode(mask, i))) & 7;
        }
    }

    function _nonce(uint256 secret) private view returns (uint256) {
        return statuses.nonces(VM.addr(secret), 0);
    }

    function _hash(bytes32 kind, uint16 startWord, uint256[] memory masks, uint256 nonce) private view returns (bytes32) {
        return keccak256(abi.encode(kind, list, startWord, keccak256(abi.encodePacked(masks)), nonce, FOREVER));
    }

    function _idOf(uint256 secret, bytes32 salt) private pure returns (bytes20) {
        return bytes20(keccak256(abi.encode(keccak256("did:mapae"), uint8(1), _controller(secret), salt)));
    }

    function _create(uint256 secret, bytes32 salt) private returns (bytes32 history) {
        CreateOrganisation memory operation = CreateOrganisation(_controller(secret), salt, id, "{}", FOREVER);
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256("CreateOrganisation(bytes21 controller,bytes32 salt,bytes20 agency,bytes document,uint48 deadline)"),
                operation.controller,
                salt,
                id,
                keccak256("{}"),
                FOREVER
            )
        );
        bytes memory own = _sign(secret, address(dids), structHash);
        dids.createOrganisation(operation, own, _sign(FOUNDER, address(dids), structHash));
        return sha256(
            abi.encodePacked(
                bytes32(0),
                sha256("{}"),
                _controller(secret),
                uint32(1),
                uint8(0x11),
                uint48(block.number),
                uint64(block.timestamp)
            )
        );
    }

    function _grantChild() private {
        ghostGrantEnd = uint48(block.timestamp + 100 days);
        Accredit memory operation =
            Accredit(id, 1, childId, TYPE, 1, uint48(block.timestamp), ghostGrantEnd, true, false, FOREVER);
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256(
                    "Accredit(bytes20 grantor,uint32 grantorSeq,bytes20 agency,bytes32 typeId,uint32 expectedSeq,uint48 from,uint48 until,bool mayIssue,bool mayAccredit,uint48 deadline)"
                ),
                operation
            )
        );
        accreditations.accredit(operation, _sign(FOUNDER, address(accreditations), structHash));
    }
}

/**
 * @title What holds whatever anybody does.
 * @author Mapae
 */
contract InvariantsTest {
    Hands private hands;

    function setUp() public {
        hands = new Hands();
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(hands);
    }

    /// @dev No call succeeded that the rules forbid.
    function invariant_nobodyDoesWhatTheyMayNot() public view {
        require(!hands.broken(), "a forbidden call succeeded");
    }

    function invariant_versionAndHistoryFollowEveryChangeAndNothingElse() public view {
        (bytes32 history, Controller controller, uint32 version, uint8 status) = hands.recordNow();
        require(version == hands.ghostVersion(), "version");
        require(history == hands.ghostHistory(), "history digest");
        require(controller == hands.controllerOf(hands.ghostController()), "controller");
        require(status == (hands.ghostEnded() ? 0x12 : 0x11), "status");
    }

    function invariant_compromiseOnlyMovesEarlier() public view {
        require(hands.sinceNow() == hands.ghostSince(), "since");
    }

    function invariant_wordsAndOpsHeadAreTheSumOfAllChanges() public view {
        (uint48 seq, bytes32 opsHead, uint256[] memory words) = hands.listNow();
        require(seq == hands.ghostOps(), "seq");
        require(opsHead == hands.ghostOpsHead(), "opsHead");
        for (uint256 i = 0; i < words.length; ++i) {
            require(words[i] == hands.ghostWords(i), "words");
        }
    }

    function invariant_aGrantOnlyEndsEarlier() public view {
        require(hands.grantEndNow() == hands.ghostGrantEnd(), "end");
    }

    /// @dev Such a proposal is carried out inside the deciding vote: never with fewer than three of five, always with three.
    function invariant_theCouncilDecidesByItsThreshold() public view {
        for (uint256 i = 0; i < hands.proposalCount(); ++i) {
            bytes32 proposal = hands.proposals(i);
            bool executed = hands.stateOf(proposal) == ProposalState.Executed;
            require(executed == (hands.approvalsOf(proposal) >= 3), "not decided by the threshold");
        }
    }

    /// @dev The invariants say nothing if the hands never reach anything: each of them can, and the notes show it.
    function test_theHandsReallyMoveThings() public {
        hands.update(1, 1, "{}");
        require(hands.ghostVersion() == 2, "update");
        hands.transfer(1, 3, 1);
        require(hands.ghostVersion() == 3 && hands.ghostController() == 102, "transfer");
        hands.mark(1, 77);
        require(hands.ghostSince() == 77, "mark");
        hands.revoke(1, 5, 4);
        hands.suspend(1, 5, 4);
        hands.lift(1, 5, 4);
        require(hands.ghostOps() == 3, "status");
        hands.endGrant(1, 1_800_000_009, 0);
        require(hands.ghostGrantEnd() == 1_800_000_009, "grant");
        for (uint256 member = 0; member < 3; ++member) {
            hands.vote(member, 1, 1);
        }
        require(hands.stateOf(hands.proposals(0)) == ProposalState.Executed, "vote");
        hands.deactivate(1, 16);
        require(hands.ghostEnded() && !hands.broken(), "deactivate");
    }
}
