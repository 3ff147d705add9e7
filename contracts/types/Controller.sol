// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/**
 * @title Who may sign: the kind of a key and 20 bytes that name it.
 * @author Mapae
 * @dev One value type for DIDs, roles and the council, so that ids cannot be mixed up with addresses.
 *
 * | byte  | meaning                                                                |
 * |-------|------------------------------------------------------------------------|
 * | 0     | kind: 1 secp256k1, 2 P-256; every other value is reserved              |
 * | 1..20 | kind 1: the address; kind 2: the last 20 bytes of keccak256(x ‖ y)     |
 *
 * The zero value is nobody; in events it stands for the council.
 */
type Controller is bytes21;

using Controllers for Controller global;
using {_equals as ==, _differs as !=} for Controller global;

/// @dev Kind of a controller whose key lies on secp256k1.
uint8 constant KIND_SECP256K1 = 1;

/// @dev Kind of a controller whose key lies on P-256.
uint8 constant KIND_P256 = 2;

/// @dev Nobody; in events: the council.
Controller constant NOBODY = Controller.wrap(0);

/**
 * @notice Whether two controllers are the same key.
 * @param left One controller.
 * @param right Another controller.
 * @return Whether they are equal.
 */
function _equals(Controller left, Controller right) pure returns (bool) {
    return Controller.unwrap(left) == Controller.unwrap(right);
}

/**
 * @notice Whether two controllers are different keys.
 * @param left One controller.
 * @param right Another controller.
 * @return Whether they differ.
 */
function _differs(Controller left, Controller right) pure returns (bool) {
    return Controller.unwrap(left) != Controller.unwrap(right);
}

/**
 * @title Controllers
 * @author Mapae
 * @notice Making controllers and taking them apart.
 */
library Controllers {
    /**
     * @notice The controller of a secp256k1 key.
     * @param signer Address of the key.
     * @return The controller of kind 1.
     */
    function ofSecp256k1(address signer) internal pure returns (Controller) {
        return _pack(KIND_SECP256K1, uint160(signer));
    }

    /**
     * @notice The controller of a P-256 key.
     * @param x First coordinate of the public key.
     * @param y Second coordinate of the public key.
     * @return The controller of kind 2.
     */
    function ofP256(bytes32 x, bytes32 y) internal pure returns (Controller) {
        return _pack(KIND_P256, uint160(uint256(keccak256(abi.encode(x, y)))));
    }

    /**
     * @notice Whether the kind is one that can sign.
     * @param controller The controller.
     * @return Whether it names a key that this registry can verify.
     */
    function isUsable(Controller controller) internal pure returns (bool) {
        uint8 kind = uint8(bytes1(Controller.unwrap(controller)));
        return (kind == KIND_SECP256K1 || kind == KIND_P256) && uint160(uint168(Controller.unwrap(controller))) != 0;
    }

    /**
     * @notice The 20 bytes of a controller as an address: the owner of its nonces.
     * @param controller The controller.
     * @return The last 20 bytes.
     */
    function account(Controller controller) internal pure returns (address) {
        return address(uint160(uint168(Controller.unwrap(controller))));
    }

    function _pack(uint8 kind, uint160 tail) private pure returns (Controller) {
        return Controller.wrap(bytes21((uint168(kind) << 160) | tail));
    }
}
