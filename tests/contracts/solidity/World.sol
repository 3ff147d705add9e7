// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccreditationRegistry} from "../../../contracts/AccreditationRegistry.sol";
import {Council} from "../../../contracts/Council.sol";
import {DidRegistry} from "../../../contracts/DidRegistry.sol";
import {Directory} from "../../../contracts/Directory.sol";
import {IssuanceLog} from "../../../contracts/IssuanceLog.sol";
import {Roles} from "../../../contracts/Roles.sol";
import {SchemaRegistry} from "../../../contracts/SchemaRegistry.sol";
import {ServiceRegistry} from "../../../contracts/ServiceRegistry.sol";
import {StatusRegistry} from "../../../contracts/StatusRegistry.sol";
import {IDirectory} from "../../../contracts/interfaces/IDirectory.sol";
import {Controller, Controllers} from "../../../contracts/types/Controller.sol";
import {ExecuteProposal, Vote} from "../../../contracts/types/CouncilOperations.sol";

/// @dev The few cheat codes that the tests use.
interface Vm {
    function addr(uint256 secret) external pure returns (address);
    function sign(uint256 secret, bytes32 digest) external pure returns (uint8 v, bytes32 r, bytes32 s);
    function warp(uint256 time) external;
    function roll(uint256 height) external;
    function getNonce(address account) external view returns (uint64);
    function computeCreateAddress(address deployer, uint256 nonce) external pure returns (address);
}

/**
 * @title A whole registry in one process, with keys that the tests hold: the ground for fuzzing and invariants.
 * @author Mapae
 * @dev Keys are of kind 1, since a cheat code signs with them; kind 2 is fuzzed against its own vectors elsewhere.
 */
contract World {
    Vm internal constant VM = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
    string internal constant NETWORK = "fuzz";
    bytes32 internal constant TYPE = keccak256("type");
    bytes32 private constant DOMAIN =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    uint48 internal constant FOREVER = type(uint48).max;
    uint256 internal constant GENESIS = 1_800_000_000;

    Directory internal directory;
    Council internal council;
    Roles internal roles;
    DidRegistry internal dids;
    AccreditationRegistry internal accreditations;
    IssuanceLog internal issuances;
    StatusRegistry internal statuses;
    SchemaRegistry internal schemas;
    ServiceRegistry internal services;
    uint256[] internal members;

    /// @dev Deploys the nine contracts; the members' secrets are 1, 2, ... `size`.
    function _found(uint256 size, uint8 threshold) internal {
        VM.warp(GENESIS);
        Controller[] memory seats = new Controller[](size);
        for (uint256 i = 0; i < size; ++i) {
            members.push(i + 1);
            seats[i] = _controller(i + 1);
        }
        IDirectory place = IDirectory(VM.computeCreateAddress(address(this), VM.getNonce(address(this)) + 8));
        council = new Council(place, NETWORK, address(0), seats, threshold, 1, true);
        roles = new Roles(place, NETWORK, address(0));
        dids = new DidRegistry(place, NETWORK, address(0));
        accreditations = new AccreditationRegistry(place, NETWORK, address(0));
        issuances = new IssuanceLog(place, NETWORK, address(0));
        statuses = new StatusRegistry(place, NETWORK, address(0));
        schemas = new SchemaRegistry(place, NETWORK, address(0));
        services = new ServiceRegistry(place, NETWORK, address(0));
        directory = new Directory(_entries());
        require(address(directory) == address(place), "Directory is not where its peers expect it");
    }

    function _entries() private view returns (IDirectory.FirstEntry[] memory entries) {
        entries = new IDirectory.FirstEntry[](8);
        entries[0] = IDirectory.FirstEntry("Council", address(council), 0);
        entries[1] = IDirectory.FirstEntry("Roles", address(roles), 0);
        entries[2] = IDirectory.FirstEntry("DidRegistry", address(dids), 0);
        entries[3] = IDirectory.FirstEntry("AccreditationRegistry", address(accreditations), 0);
        entries[4] = IDirectory.FirstEntry("IssuanceLog", address(issuances), 0);
        entries[5] = IDirectory.FirstEntry("StatusRegistry", address(statuses), 0);
        entries[6] = IDirectory.FirstEntry("SchemaRegistry", address(schemas), 0);
        entries[7] = IDirectory.FirstEntry("ServiceRegistry", address(services), 0);
    }

    // --- signing, written out apart from the contracts' own code ---

    function _controller(uint256 secret) internal pure returns (Controller) {
        return Controllers.ofSecp256k1(VM.addr(secret));
    }

    function _sign(uint256 secret, address target, bytes32 structHash) internal view returns (bytes memory) {
        bytes32 domain = keccak256(
            abi.encode(
                DOMAIN,
                keccak256(bytes(string.concat("did:mapae:", NETWORK))),
                keccak256("1"),
                block.chainid,
                target
            )
        );
        (uint8 v, bytes32 r, bytes32 s) = VM.sign(secret, keccak256(abi.encodePacked(hex"1901", domain, structHash)));
        return abi.encodePacked(r, s, v);
    }

    // --- the council ---

    function _vote(uint256 secret, Vote memory ballot) internal {
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256("Vote(uint8 kind,bytes arguments,bytes32 salt,uint32 epoch,uint8 choice)"),
                ballot.kind,
                keccak256(ballot.arguments),
                ballot.salt,
                ballot.epoch,
                ballot.choice
            )
        );
        council.vote(ballot, _sign(secret, address(council), structHash));
    }

    /// @dev Carries a proposal through all members, the delay and its execution.
    function _decide(uint8 kind, bytes memory arguments) internal {
        bytes32 salt = keccak256(abi.encode(kind, arguments, block.timestamp));
        uint32 epoch = council.epoch();
        for (uint256 i = 0; i < council.threshold(); ++i) {
            _vote(members[i], Vote(kind, arguments, salt, epoch, 1));
        }
        VM.warp(block.timestamp + 1);
        council.executeProposal(ExecuteProposal(kind, arguments, salt, epoch));
    }
}
