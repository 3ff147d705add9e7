// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/**
 * @notice The right to issue, or to accredit others, for one type of credential in [from, until).
 * @dev Two slots: `grantor` ‖ `grantorSeq` ‖ `depth` ‖ flags in the first, the times in the second. `grantor` zero: the
 * council (depth 1). `endedAt` zero: not ended; it only ever moves earlier.
 */
struct Grant {
    bytes20 grantor;
    uint32 grantorSeq;
    uint8 depth;
    bool mayIssue;
    bool mayAccredit;
    uint48 from;
    uint48 until;
    uint48 endedAt;
}

/// @notice The name of a grant of a type: whose, and the how many-th.
struct GrantRef {
    bytes20 agency;
    uint32 seq;
}

using Grants for Grant global;

/**
 * @title Grants
 * @author Mapae
 * @notice Reading a grant's times.
 */
library Grants {
    /// @notice First second at which the grant no longer holds.
    /// @param grant The grant.
    /// @return The earlier of its term and its ending.
    function end(Grant memory grant) internal pure returns (uint48) {
        return grant.endedAt != 0 && grant.endedAt < grant.until ? grant.endedAt : grant.until;
    }

    /// @notice Whether the grant itself holds at a time; its parents are another question.
    /// @param grant The grant.
    /// @param time Unix seconds.
    /// @return Whether from <= time < end.
    function isLive(Grant memory grant, uint256 time) internal pure returns (bool) {
        return grant.from <= time && time < grant.end();
    }
}
