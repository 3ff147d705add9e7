"""The node's way to its ledger: reach it, check that it is the one in the settings, follow it into an index."""

import time
from typing import Final

from node.adapters.chain import RpcChain
from node.adapters.store_sql.index import SqlIndex
from node.config import Config
from node.domain.ledger import Finality
from node.services.catalogue import CONTRACTS, event_codec
from node.services.identity import require_ledger_identity
from node.services.indexing import Indexer
from node.services.proving import LogProver
from registry_client.core.encoding import decode_hex
from registry_client.errors import LedgerUnavailableError

LEDGER_WAIT_S: Final = 30.0
"""How long a starting node waits for its ledger."""


def connect(config: Config, *, wait_s: float = LEDGER_WAIT_S) -> RpcChain:
    """Reach the ledger and check that it is the one in the settings.

    Raises LedgerUnavailableError after `wait_s`, WrongLedgerError at once.
    """
    chain = RpcChain(config.rpc_url, checks_hashes=config.log_proofs == "all")
    deadline = time.monotonic() + wait_s
    while True:
        try:
            require_ledger_identity(
                chain,
                chain_id=config.chain_id,
                genesis_hash=config.genesis_hash,
                directory=config.directory,
                code_hash=config.code_hash,
            )
        except LedgerUnavailableError:
            if time.monotonic() >= deadline:
                chain.close()
                raise
            time.sleep(0.5)
        except BaseException:
            chain.close()
            raise
        else:
            return chain


def make_indexer(config: Config, chain: RpcChain, index: SqlIndex) -> Indexer:
    """Put the index's writer together."""
    return Indexer(
        chain,
        index,
        event_codec(),
        directory=decode_hex(config.directory, length=20),
        finality=Finality(config.confirmations),
        first_block=config.first_block,
        known_contracts=frozenset(CONTRACTS),
        prover=LogProver(chain) if config.log_proofs == "all" else None,
    )
