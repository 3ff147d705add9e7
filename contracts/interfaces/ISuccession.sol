// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDirectory} from "./IDirectory.sol";

/**
 * @title ISuccession
 * @author Mapae
 * @notice A contract that Directory names, that may follow a predecessor and may be followed by a successor.
 */
interface ISuccession {
    /**
     * @notice Directory names another contract now; this one only answers reads.
     * @param name Name of this contract.
     * @param current Address that Directory names.
     */
    error SuccessionNotCurrent(bytes32 name, address current);

    /**
     * @notice A member of the council has paused what gives rights; removals still work.
     * @param until First second at which it works again.
     */
    error SuccessionPaused(uint48 until);

    /**
     * @notice Only the council may call this.
     * @param caller Who called.
     */
    error SuccessionNotCouncil(address caller);

    /// @notice The Directory that this contract obeys.
    /// @return The address, fixed at deployment.
    function directory() external view returns (IDirectory);

    /// @notice The name under which Directory lists this contract.
    /// @return ASCII, padded with zeros on the right.
    function contractName() external view returns (bytes32);

    /// @notice The contract that this one replaced.
    /// @return The address, or zero for the first generation.
    function predecessor() external view returns (address);
}
