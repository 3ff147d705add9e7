// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @dev Longest DID document, in bytes.
uint256 constant MAX_DID_DOCUMENT = 8192;

/// @dev Longest document of a schema or a service, in bytes.
uint256 constant MAX_DOCUMENT = 16_384;

/// @dev Longest `vct`, in bytes.
uint256 constant MAX_TYPE_NAME = 256;

/// @dev Longest life of an admission or a role: five years of 366 days.
uint48 constant MAX_TERM = 5 * 366 days;

/// @dev Longest chain of grants: the council's is 1.
uint8 constant MAX_DEPTH = 4;

/// @dev How many grants of one agency and type are tried, newest first.
uint32 constant MAX_TRIED_GRANTS = 16;

/// @dev Fewest members of a council, but on a development ledger.
uint256 constant MIN_MEMBERS = 3;

/// @dev Most members of a council: the bits of a tally.
uint256 constant MAX_MEMBERS = 32;

/// @dev Longest arguments of a proposal, in bytes.
uint256 constant MAX_ARGUMENTS = 2048;

/// @dev Shortest wait of a decision.
uint48 constant MIN_DELAY = 24 hours;

/// @dev Shortest wait of a decision on a development ledger.
uint48 constant MIN_DEVELOPMENT_DELAY = 1 seconds;

/// @dev How long a decision can be executed once it has waited.
uint48 constant EXECUTION_WINDOW = 14 days;

/// @dev Longest pause.
uint48 constant MAX_PAUSE = 72 hours;

/// @dev How long nobody may pause after a pause.
uint48 constant PAUSE_COOL_DOWN = 14 days;

/// @dev How far ahead the deadline of a signed pause may lie: an old one must not be kept for later.
uint48 constant MAX_PAUSE_DEADLINE = 24 hours;
