// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/**
 * @title INonces
 * @author Mapae
 * @notice Nonces of signing keys.
 */
interface INonces {
    /// @notice The nonce is spent or not yet due; read the next one and sign anew.
    /// @param account Last 20 bytes of the signing controller.
    /// @param currentNonce The nonce that is due in this lane.
    error InvalidAccountNonce(address account, uint256 currentNonce);

    /// @notice The next nonce of a key in a lane.
    /// @param owner Last 20 bytes of the signing controller.
    /// @param key The lane.
    /// @return The lane (192 bits) and the sequence (64 bits).
    function nonces(address owner, uint192 key) external view returns (uint256);
}
