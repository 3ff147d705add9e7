// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/**
 * @title IOperated
 * @author Mapae
 * @notice What every contract that takes signed operations has in common.
 */
interface IOperated {
    /**
     * @notice An item of a batch failed and was left out.
     * @param position Place in the batch, from 0.
     * @param reason The revert data of the item.
     */
    event OperationSkipped(uint256 indexed position, bytes reason);

    /**
     * @notice The operation's time has run out; sign it again.
     * @param deadline Last second at which it could be carried out.
     * @param time Time of the block.
     */
    error OperationExpired(uint48 deadline, uint256 time);

    /**
     * @notice Carries out many operations of this contract in one transaction.
     * @dev A failing item is skipped and reported, and never reverts the others. Emits {OperationSkipped} for it.
     * @param calls ABI calldata of this contract's own functions.
     */
    function batch(bytes[] calldata calls) external;
}
