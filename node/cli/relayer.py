"""`relayer`: the key that pays for transactions and may do nothing else."""

from contextlib import closing

import typer

from node.adapters.ledger_writer import Web3Writer, create_relayer, load_relayer
from node.cli.options import Home, ledger_settings, settings
from node.ledger_access import connect

app = typer.Typer(help="The relayer's key: it pays and has no role.", no_args_is_help=True)


@app.command()
def new(home: Home = None) -> None:
    """Make a relayer key (keystore v3) and its passphrase file, both 0600; print its address.

    Example: mapae-node relayer new
    """
    config = settings(home=home)
    print(create_relayer(config.path(config.relayer_keystore), config.path(config.relayer_passphrase)))


@app.command()
def address(home: Home = None) -> None:
    """Print the relayer's address: what a permissioned ledger has to let in.

    Example: mapae-node relayer address
    """
    config = settings(home=home)
    print(load_relayer(config.path(config.relayer_keystore), config.path(config.relayer_passphrase)).address)


@app.command()
def status(home: Home = None) -> None:
    """Print the relayer's address, next nonce and balance on the ledger.

    Example: mapae-node relayer status
    """
    config = ledger_settings(home=home)
    account = load_relayer(config.path(config.relayer_keystore), config.path(config.relayer_passphrase))
    with closing(connect(config, wait_s=0)) as chain:
        writer = Web3Writer(chain.rpc, account, chain_id=config.chain_id)
        print(f"{account.address} nonce {writer.next_nonce()} balance {writer.balance()} wei")
