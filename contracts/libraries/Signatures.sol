// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {P256} from "@openzeppelin/contracts/utils/cryptography/P256.sol";
import {Controller, Controllers} from "../types/Controller.sol";

/**
 * @title Signatures
 * @author Mapae
 * @notice Who signed a payload.
 * @dev Two shapes, told apart by their length:
 *
 * | bytes | key       | layout       | over               |
 * |-------|-----------|--------------|--------------------|
 * | 65    | secp256k1 | r ‖ s ‖ v    | keccak256(payload) |
 * | 128   | P-256     | x ‖ y ‖ r ‖ s | sha256(payload)    |
 *
 * Both refuse the high half of s, so that one consent has one form. Nothing here trusts a key that came with the
 * signature: callers compare the result with the controller that the ledger names.
 */
library Signatures {
    bytes2 private constant PREFIX = 0x1901;
    uint256 private constant SECP256K1_LENGTH = 65;
    uint256 private constant P256_LENGTH = 128;

    /// @notice A signature has 65 or 128 bytes.
    /// @param length Bytes that were given.
    error SignatureMalformed(uint256 length);

    /// @notice No key made this signature over this operation.
    error SignatureInvalid();

    /**
     * @notice Recovers who signed the payload 0x1901 ‖ domain separator ‖ struct hash.
     * @param domainSeparator EIP-712 domain separator of the contract.
     * @param structHash EIP-712 hash of the operation.
     * @param signature 65 or 128 bytes.
     * @return The signer's controller.
     */
    function recover(bytes32 domainSeparator, bytes32 structHash, bytes calldata signature)
        internal
        view
        returns (Controller)
    {
        return _recover(_digest(domainSeparator, structHash, signature.length), signature);
    }

    /**
     * @notice Recovers both signers of a payload; keys of one kind sign the same digest, which is computed once.
     * @param domainSeparator EIP-712 domain separator of the contract.
     * @param structHash EIP-712 hash of the operation.
     * @param first 65 or 128 bytes.
     * @param second 65 or 128 bytes.
     * @return The controllers of the two signers, in the same order.
     */
    function recoverTwo(bytes32 domainSeparator, bytes32 structHash, bytes calldata first, bytes calldata second)
        internal
        view
        returns (Controller, Controller)
    {
        bytes32 digest = _digest(domainSeparator, structHash, first.length);
        Controller signer = _recover(digest, first);
        if (second.length != first.length) {
            digest = _digest(domainSeparator, structHash, second.length);
        }
        return (signer, _recover(digest, second));
    }

    function _digest(bytes32 domainSeparator, bytes32 structHash, uint256 length) private pure returns (bytes32) {
        bytes memory payload = abi.encodePacked(PREFIX, domainSeparator, structHash);
        return length == P256_LENGTH ? sha256(payload) : keccak256(payload);
    }

    function _recover(bytes32 digest, bytes calldata signature) private view returns (Controller) {
        if (signature.length == P256_LENGTH) {
            (bytes32 x, bytes32 y, bytes32 r, bytes32 s) =
                abi.decode(signature, (bytes32, bytes32, bytes32, bytes32));
            require(P256.verify(digest, r, s, x, y), SignatureInvalid());
            return Controllers.ofP256(x, y);
        }
        require(signature.length == SECP256K1_LENGTH, SignatureMalformed(signature.length));
        (address signer, ECDSA.RecoverError failure,) =
            ECDSA.tryRecover(digest, uint8(signature[64]), bytes32(signature[:32]), bytes32(signature[32:64]));
        require(failure == ECDSA.RecoverError.NoError, SignatureInvalid());
        return Controllers.ofSecp256k1(signer);
    }
}
