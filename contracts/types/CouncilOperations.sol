// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @dev Signed by a member. Proposal id = keccak256(abi.encode(kind, keccak256(arguments), salt)).
struct Vote {
    uint8 kind;
    bytes arguments;
    bytes32 salt;
    uint32 epoch;
    uint8 choice;
}

/// @dev Signed by a member.
struct Pause {
    uint32 epoch;
    uint48 until;
    uint48 deadline;
}

/// @dev Sent by anyone, unsigned: the votes and the delay are the authority.
struct ExecuteProposal {
    uint8 kind;
    bytes arguments;
    bytes32 salt;
    uint32 epoch;
}

using CouncilOperations for Vote global;
using CouncilOperations for Pause global;

/**
 * @title CouncilOperations
 * @author Mapae
 * @notice EIP-712 struct hashes of the council's operations.
 */
library CouncilOperations {
    bytes32 private constant VOTE =
        keccak256("Vote(uint8 kind,bytes arguments,bytes32 salt,uint32 epoch,uint8 choice)");
    bytes32 private constant PAUSE = keccak256("Pause(uint32 epoch,uint48 until,uint48 deadline)");

    function hash(Vote calldata o) internal pure returns (bytes32) {
        return keccak256(abi.encode(VOTE, o.kind, keccak256(o.arguments), o.salt, o.epoch, o.choice));
    }

    function hash(Pause calldata o) internal pure returns (bytes32) {
        return keccak256(abi.encode(PAUSE, o));
    }
}
