// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Controller} from "./Controller.sol";

/**
 * @notice The second slot of a DID: who controls it, its version, its status and the block of its last change.
 *
 * @dev From the highest bit to the lowest, and so as 32 bytes big-endian:
 *
 * | bits     | field       | type     |
 * |----------|-------------|----------|
 * | 255..88  | controller  | bytes21  |
 * | 87..56   | version     | uint32   |
 * | 55..52   | kind        | 1 organisation, 2 holder |
 * | 51..48   | state       | 1 active, 2 deactivated  |
 * | 47..0    | blockNumber | uint48   |
 *
 * Zero: there is no such DID.
 */
type DidHead is bytes32;

using DidHeads for DidHead global;

/// @dev First word of the pre-image of an id: no other contract's hash can be one.
bytes32 constant ID_TAG = keccak256("did:mapae");

/// @dev The id that stands for the council: as a sponsor, a grantor, a reporter. No DID has it.
bytes20 constant COUNCIL_ID = bytes20(0);

/// @dev Kind of the DID of an organisation.
uint8 constant DID_ORGANISATION = 1;

/// @dev Kind of the DID of a person's phone.
uint8 constant DID_HOLDER = 2;

/// @dev State of a DID that can act.
uint8 constant DID_ACTIVE = 1;

/// @dev State of a DID that has ended.
uint8 constant DID_DEACTIVATED = 2;

/// @notice Everything that the ledger keeps of a DID: three slots, the last one for holders only.
struct DidRecord {
    bytes32 historyDigest;
    DidHead head;
    bytes20 guardian;
}

/**
 * @title DidHeads
 * @author Mapae
 * @notice Packing and reading the second slot of a DID.
 */
library DidHeads {
    /// @notice The head of a DID's first version.
    /// @param didKind Its kind.
    /// @param by Its controller.
    /// @param height Block of the change.
    /// @return The head.
    function first(uint8 didKind, Controller by, uint48 height) internal pure returns (DidHead) {
        return _pack(by, 1, didKind, DID_ACTIVE, height);
    }

    /// @notice The head of the next version, under the same or another controller.
    /// @param head The present head.
    /// @param by The controller from now on.
    /// @param height Block of the change.
    /// @return The next head.
    function next(DidHead head, Controller by, uint48 height) internal pure returns (DidHead) {
        return _pack(by, head.version() + 1, head.kind(), DID_ACTIVE, height);
    }

    /// @notice The head of the last version.
    /// @param head The present head.
    /// @param height Block of the change.
    /// @return The last head.
    function ended(DidHead head, uint48 height) internal pure returns (DidHead) {
        return _pack(head.controller(), head.version() + 1, head.kind(), DID_DEACTIVATED, height);
    }

    function controller(DidHead head) internal pure returns (Controller) {
        return Controller.wrap(bytes21(DidHead.unwrap(head)));
    }

    function version(DidHead head) internal pure returns (uint32) {
        return uint32(uint256(DidHead.unwrap(head)) >> 56);
    }

    function status(DidHead head) internal pure returns (uint8) {
        return uint8(uint256(DidHead.unwrap(head)) >> 48);
    }

    function kind(DidHead head) internal pure returns (uint8) {
        return head.status() >> 4;
    }

    function blockNumber(DidHead head) internal pure returns (uint48) {
        return uint48(uint256(DidHead.unwrap(head)));
    }

    function exists(DidHead head) internal pure returns (bool) {
        return DidHead.unwrap(head) != 0;
    }

    function isActive(DidHead head) internal pure returns (bool) {
        return head.status() & 0x0f == DID_ACTIVE;
    }

    /// @notice Whether a key may act for the DID: it is the controller and the DID is active.
    /// @param head The DID's head.
    /// @param signer The key.
    /// @return Whether it may.
    function isControlledBy(DidHead head, Controller signer) internal pure returns (bool) {
        return head.isActive() && head.controller() == signer;
    }

    /// @notice Whether a key may act for the DID as an agency: it is its controller, and it is an active organisation.
    /// @param head The DID's head.
    /// @param signer The key.
    /// @return Whether it may.
    function isAgencyOf(DidHead head, Controller signer) internal pure returns (bool) {
        return head.isActiveOrganisation() && head.controller() == signer;
    }

    /// @notice Whether it is the DID of an organisation that has not ended.
    /// @param head The DID's head.
    /// @return Whether it is.
    function isActiveOrganisation(DidHead head) internal pure returns (bool) {
        return head.status() == (DID_ORGANISATION << 4) | DID_ACTIVE;
    }

    function isDeactivated(DidHead head) internal pure returns (bool) {
        return head.status() & 0x0f == DID_DEACTIVATED;
    }

    function _pack(Controller by, uint32 number, uint8 didKind, uint8 didState, uint48 height)
        private
        pure
        returns (DidHead)
    {
        uint256 status_ = (didKind << 4) | didState;
        uint256 low = (uint256(number) << 56) | (status_ << 48) | height;
        return DidHead.wrap(bytes32(Controller.unwrap(by)) | bytes32(low));
    }
}
