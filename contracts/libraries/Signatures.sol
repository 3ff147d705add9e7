// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {P256} from "@openzeppelin/contracts/utils/cryptography/P256.sol";
import {Controller, Controllers} from "../types/Controller.sol";

/**
 * @title Who signed a payload.
 * @author Mapae
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
    uint256 private constant SECP256K1_LENGTH = 65;
    uint256 private constant P256_LENGTH = 128;

    /// @notice A signature has 65 or 128 bytes.
    /// @param length Bytes that were given.
    error SignatureMalformed(uint256 length);

    /// @notice No key made this signature over this operation.
    error SignatureInvalid();

    /**
     * @notice Recovers who signed.
     * @param payload The 66 bytes that were signed.
     * @param signature 65 or 128 bytes.
     * @return The signer's controller.
     */
    function recover(bytes memory payload, bytes calldata signature) internal view returns (Controller) {
        if (signature.length == P256_LENGTH) {
            return _recoverP256(sha256(payload), signature);
        }
        require(signature.length == SECP256K1_LENGTH, SignatureMalformed(signature.length));
        return _recoverSecp256k1(keccak256(payload), signature);
    }

    function _recoverP256(bytes32 digest, bytes calldata signature) private view returns (Controller) {
        (bytes32 x, bytes32 y, bytes32 r, bytes32 s) = abi.decode(signature, (bytes32, bytes32, bytes32, bytes32));
        require(P256.verify(digest, r, s, x, y), SignatureInvalid());
        return Controllers.ofP256(x, y);
    }

    function _recoverSecp256k1(bytes32 digest, bytes calldata signature) private pure returns (Controller) {
        (address signer, ECDSA.RecoverError failure,) =
            ECDSA.tryRecover(digest, uint8(signature[64]), bytes32(signature[:32]), bytes32(signature[32:64]));
        require(failure == ECDSA.RecoverError.NoError, SignatureInvalid());
        return Controllers.ofSecp256k1(signer);
    }
}
