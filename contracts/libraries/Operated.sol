// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IOperated} from "../interfaces/IOperated.sol";
import {Controller} from "../types/Controller.sol";
import {Signatures} from "./Signatures.sol";

/// @dev What the EIP-712 domain name begins with; the network's name follows.
string constant DOMAIN_NAME_PREFIX = "did:mapae:";

/// @dev The EIP-712 domain version.
string constant DOMAIN_VERSION = "1";

/**
 * @title Operated
 * @author Mapae
 * @notice A contract whose changes are signed operations: whoever sends the transaction has no say.
 * @dev What is signed is the 66-byte payload 0x1901 ‖ domainSeparator ‖ structHash; its keccak256 is the operation's
 * id.
 */
abstract contract Operated is IOperated, EIP712 {
    /// @notice Binds every signature to one network, chain and contract.
    /// @param network Name of the network, as in its DIDs.
    constructor(string memory network) EIP712(string.concat(DOMAIN_NAME_PREFIX, network), DOMAIN_VERSION) {}

    /// @inheritdoc IOperated
    function batch(bytes[] calldata calls) external {
        for (uint256 position = 0; position < calls.length; ++position) {
            // solhint-disable-next-line avoid-low-level-calls
            (bool done, bytes memory reason) = address(this).delegatecall(calls[position]);
            if (!done) {
                emit OperationSkipped(position, reason);
            }
        }
    }

    function _requireInTime(uint48 deadline) internal view {
        require(block.timestamp <= deadline, OperationExpired(deadline, block.timestamp));
    }

    function _signer(bytes32 structHash, uint48 deadline, bytes calldata signature) internal view returns (Controller) {
        _requireInTime(deadline);
        return Signatures.recover(_domainSeparatorV4(), structHash, signature);
    }

    function _signers(bytes32 structHash, uint48 deadline, bytes calldata first, bytes calldata second)
        internal
        view
        returns (Controller, Controller)
    {
        _requireInTime(deadline);
        return Signatures.recoverTwo(_domainSeparatorV4(), structHash, first, second);
    }
}
