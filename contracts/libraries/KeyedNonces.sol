// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {INonces} from "../interfaces/INonces.sol";
import {Controller} from "../types/Controller.sol";

/**
 * @title KeyedNonces
 * @author Mapae
 * @notice Nonces in lanes, so that operations of one key need not wait for each other.
 * @dev A nonce is key (192 bits) ‖ sequence (64 bits), as in ERC-4337 and OpenZeppelin's NoncesKeyed; every lane is
 * kept alike here, and `nonces` is not overloaded, which many clients cannot name.
 */
abstract contract KeyedNonces is INonces {
    mapping(address owner => mapping(uint192 key => uint64 sequence)) private _nonces;

    /// @inheritdoc INonces
    function nonces(address owner, uint192 key) public view returns (uint256) {
        return (uint256(key) << 64) | _nonces[owner][key];
    }

    /// @dev Spends a nonce; nothing signed with it works again.
    function _useNonce(Controller signer, uint256 nonce) internal {
        address owner = signer.account();
        uint192 key = uint192(nonce >> 64);
        uint256 current = nonces(owner, key);
        require(nonce == current, InvalidAccountNonce(owner, current));
        ++_nonces[owner][key];
    }
}
