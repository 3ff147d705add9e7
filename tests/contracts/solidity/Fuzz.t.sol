// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Signatures} from "../../../contracts/libraries/Signatures.sol";
import {Controller, Controllers, KIND_P256, KIND_SECP256K1} from "../../../contracts/types/Controller.sol";
import {DidHead, DidHeads} from "../../../contracts/types/DidRecord.sol";
import {Grant, Grants} from "../../../contracts/types/Grant.sol";
import {Vm} from "./World.sol";

/// @dev Takes signatures as calldata, as the contracts do.
contract Recovery {
    function recover(bytes32 domain, bytes32 structHash, bytes calldata signature) external view returns (Controller) {
        return Signatures.recover(domain, structHash, signature);
    }

    function recoverTwo(bytes32 domain, bytes32 structHash, bytes calldata first, bytes calldata second)
        external
        view
        returns (Controller, Controller)
    {
        return Signatures.recoverTwo(domain, structHash, first, second);
    }
}

/**
 * @title Values and signatures against anything.
 * @author Mapae
 */
contract FuzzTest {
    Vm private constant VM = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
    uint256 private constant SECP256K1_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;

    Recovery private recovery;

    function setUp() public {
        recovery = new Recovery();
    }

    /// @dev Whoever signs is whom the signature names, alone or first or second of two.
    function testFuzz_recoversTheSigner(uint256 secret, uint256 other, bytes32 domain, bytes32 structHash) public view {
        secret = _secret(secret);
        other = _secret(other);
        bytes memory own = _sign(secret, domain, structHash);
        require(recovery.recover(domain, structHash, own) == _controller(secret), "one");
        (Controller first, Controller second) =
            recovery.recoverTwo(domain, structHash, own, _sign(other, domain, structHash));
        require(first == _controller(secret) && second == _controller(other), "two");
    }

    /// @dev Another domain or another operation, and the signature names somebody else or nobody.
    function testFuzz_doesNotCarryOver(uint256 secret, bytes32 domain, bytes32 structHash, bytes32 other) public view {
        secret = _secret(secret);
        bytes memory own = _sign(secret, domain, structHash);
        if (other != structHash) {
            _requireNot(secret, domain, other, own);
        }
        if (other != domain) {
            _requireNot(secret, other, structHash, own);
        }
    }

    /// @dev The other root of the same signature is refused.
    function testFuzz_refusesTheMalleableTwin(uint256 secret, bytes32 domain, bytes32 structHash) public view {
        (uint8 v, bytes32 r, bytes32 s) = VM.sign(_secret(secret), _digest(domain, structHash));
        bytes memory twin = abi.encodePacked(r, bytes32(SECP256K1_ORDER - uint256(s)), v == 27 ? uint8(28) : uint8(27));
        _requireRefused(domain, structHash, twin, Signatures.SignatureInvalid.selector);
    }

    /// @dev Every length but two is malformed, whatever stands in it.
    function testFuzz_refusesEveryOtherLength(bytes memory signature) public view {
        if (signature.length == 65 || signature.length == 128) {
            return;
        }
        _requireRefused("domain", "struct", signature, Signatures.SignatureMalformed.selector);
    }

    /// @dev Random bytes in the shape of a P-256 signature are nobody's.
    function testFuzz_refusesRandomP256(bytes32 x, bytes32 y, bytes32 r, bytes32 s) public view {
        _requireRefused("domain", "struct", abi.encodePacked(x, y, r, s), Signatures.SignatureInvalid.selector);
    }

    function testFuzz_controllersKeepTheirParts(address account, bytes32 x, bytes32 y) public pure {
        Controller first = Controllers.ofSecp256k1(account);
        require(uint8(bytes1(Controller.unwrap(first))) == KIND_SECP256K1 && first.account() == account, "kind 1");
        require(first.isUsable() == (account != address(0)), "usable");
        Controller second = Controllers.ofP256(x, y);
        require(uint8(bytes1(Controller.unwrap(second))) == KIND_P256, "kind 2");
        require(second.account() == address(uint160(uint256(keccak256(abi.encode(x, y))))), "key");
        require(first != second, "kinds do not meet");
    }

    function testFuzz_onlyTwoKindsAreUsable(bytes21 value) public pure {
        uint8 kind = uint8(bytes1(value));
        bool named = uint160(uint168(value)) != 0;
        require(Controller.wrap(value).isUsable() == (named && (kind == 1 || kind == 2)), "usable");
    }

    function testFuzz_headsKeepTheirParts(bytes21 by, uint48 height, uint48 later, bool holder) public pure {
        uint8 kind = holder ? 2 : 1;
        DidHead head = DidHeads.first(kind, Controller.wrap(by), height);
        require(head.controller() == Controller.wrap(by), "controller");
        require(head.version() == 1 && head.kind() == kind && head.blockNumber() == height, "numbers");
        require(head.isActive() && !head.isDeactivated() && head.exists(), "state");
        require(head.isActiveOrganisation() == !holder, "organisation");
        DidHead ended = head.ended(later);
        require(ended.version() == 2 && ended.isDeactivated() && ended.blockNumber() == later, "ended");
        require(ended.controller() == head.controller() && ended.kind() == kind, "who it was");
        require(!ended.isControlledBy(Controller.wrap(by)) && head.isControlledBy(Controller.wrap(by)), "control");
    }

    function testFuzz_grantsHoldInTheirWindow(uint48 from, uint48 until, uint48 endedAt, uint48 time) public pure {
        Grant memory grant = Grant(bytes20(0), 0, 1, true, true, from, until, endedAt);
        uint48 end = endedAt != 0 && endedAt < until ? endedAt : until;
        require(Grants.end(grant) == end, "end");
        require(Grants.isLive(grant, time) == (from <= time && time < end), "live");
    }

    function _secret(uint256 any) private pure returns (uint256) {
        return any % (SECP256K1_ORDER - 1) + 1;
    }

    function _controller(uint256 secret) private pure returns (Controller) {
        return Controllers.ofSecp256k1(VM.addr(secret));
    }

    function _digest(bytes32 domain, bytes32 structHash) private pure returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", domain, structHash));
    }

    function _sign(uint256 secret, bytes32 domain, bytes32 structHash) private pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = VM.sign(secret, _digest(domain, structHash));
        return abi.encodePacked(r, s, v);
    }

    function _requireNot(uint256 secret, bytes32 domain, bytes32 structHash, bytes memory signature) private view {
        try recovery.recover(domain, structHash, signature) returns (Controller signer) {
            require(signer != _controller(secret), "carried over");
        } catch {}
    }

    function _requireRefused(bytes32 domain, bytes32 structHash, bytes memory signature, bytes4 selector) private view {
        try recovery.recover(domain, structHash, signature) returns (Controller) {
            revert("was taken");
        } catch (bytes memory reason) {
            require(bytes4(reason) == selector, "another error");
        }
    }
}
