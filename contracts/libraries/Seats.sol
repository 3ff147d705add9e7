// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICouncil} from "../interfaces/ICouncil.sol";
import {Controller} from "../types/Controller.sol";
import {MAX_MEMBERS, MIN_MEMBERS} from "../types/Limits.sol";

/**
 * @title Seats
 * @author Mapae
 * @notice Who sits in the council, epoch by epoch, and how many of them decide.
 */
abstract contract Seats is ICouncil {
    /// @inheritdoc ICouncil
    uint32 public epoch;

    /// @inheritdoc ICouncil
    uint8 public threshold;

    Controller[] private _members;
    /// @dev 1-based; members of earlier epochs keep their place there and have none in the present one.
    mapping(uint32 epoch => mapping(Controller member => uint8 place)) private _places;

    /// @inheritdoc ICouncil
    function isMember(Controller member) external view returns (bool) {
        return _isMember(member);
    }

    /// @inheritdoc ICouncil
    function memberCount() external view returns (uint256) {
        return _members.length;
    }

    /// @inheritdoc ICouncil
    function memberAt(uint256 position) external view returns (Controller) {
        return _members[position];
    }

    /// @dev Seats a whole council at once, in a new epoch: no vote of the one before counts any more.
    function _seat(Controller[] memory members, uint8 newThreshold, bool mayBeAlone) internal {
        uint256 size = members.length;
        bool alone = mayBeAlone && size == 1 && newThreshold == 1;
        bool sized = MIN_MEMBERS <= size && size <= MAX_MEMBERS;
        bool many = sized && 2 * uint256(newThreshold) > size && newThreshold < size;
        require(alone || many, CouncilInvalidSize(size, newThreshold));
        uint32 newEpoch = epoch + 1;
        for (uint256 i = 0; i < size; ++i) {
            Controller member = members[i];
            require(member.isUsable() && _places[newEpoch][member] == 0, CouncilInvalidMember(member));
            _places[newEpoch][member] = uint8(i + 1);
        }
        epoch = newEpoch;
        threshold = newThreshold;
        _members = members;
        emit CouncilSet(newEpoch, members, newThreshold);
    }

    function _isMember(Controller member) internal view returns (bool) {
        return _places[epoch][member] != 0;
    }

    /// @dev A member's bit in a tally.
    function _bitOf(Controller member) internal view returns (uint32) {
        return uint32(1) << (_places[epoch][member] - 1);
    }
}
