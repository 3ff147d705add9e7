"""`relayer`: the key that pays for transactions and may do nothing else."""

from contextlib import closing
from pathlib import Path
from typing import Annotated, Any, Final

import orjson
import typer

from node.adapters.keyring import Keystores
from node.adapters.ledger_writer import Web3Writer, create_relayer, load_relayer
from node.adapters.store_sql.outbox import SqlOutbox
from node.cli.options import AsJson, Home, Lang, ledger_settings, settings, speak
from node.config import Config
from node.embedded.relayers import KnownRelayers, parse_address
from node.ledger_access import connect
from node.stores import open_outbox
from registry_client.cli.i18n import tr
from registry_client.errors import ConfigurationError, LedgerUnavailableError

_STATES: Final = {
    "active": ("active", "사용 중"),
    "next": ("next", "다음"),
    "retired": ("retired", "물러남"),
    "foreign": ("foreign", "외부"),
}

app = typer.Typer(help="The relayer's key: it pays and has no role.", no_args_is_help=True)


@app.command()
def new(home: Home = None, lang: Lang = None) -> None:
    """Make a relayer key (keystore v3) and its passphrase file, both 0600; print its address.

    Example: mapae-node relayer new
    """
    speak(lang)
    config = settings(home=home)
    print(create_relayer(config.path(config.relayer_keystore), config.path(config.relayer_passphrase)))


@app.command()
def address(home: Home = None, lang: Lang = None) -> None:
    """Print the relayer's address: what a permissioned ledger has to let in.

    Example: mapae-node relayer address
    """
    speak(lang)
    config = settings(home=home)
    print(load_relayer(config.path(config.relayer_keystore), config.path(config.relayer_passphrase)).address)


@app.command()
def status(home: Home = None, lang: Lang = None) -> None:
    """Print the relayer's address, next nonce and balance on the ledger.

    Example: mapae-node relayer status
    """
    speak(lang)
    config = ledger_settings(home=home)
    account = load_relayer(config.path(config.relayer_keystore), config.path(config.relayer_passphrase))
    with closing(connect(config, wait_s=0)) as chain:
        writer = Web3Writer(chain.rpc, account, chain_id=config.chain_id)
        nonce, balance = writer.next_nonce(), writer.balance()
        print(f"{account.address} {tr('nonce', '논스')} {nonce} {tr('balance', '잔액')} {balance} wei")


@app.command()
def show(home: Home = None, as_json: AsJson = False, lang: Lang = None) -> None:
    """List this home's relayer keys: active, next, retired; and how many transactions of each are under way.

    A retired key with none under way is not needed any more: its file may be deleted.
    Example: mapae-node relayer show
    """
    speak(lang)
    config = ledger_settings(home=home)
    rows = _rows(config, _keystores(config))
    if as_json:
        print(orjson.dumps({"relayers": rows}).decode())
        return
    for row in rows:
        state, under_way = _STATES[row["state"]], tr("under way", "진행 중")
        print(f"{row['address']}  {tr(*state):<8} {under_way} {row['under_way']}  {row['file']}")


@app.command()
def add(
    sender: Annotated[str, typer.Argument(metavar="ADDRESS", help="0x and 40 hex digits.")],
    home: Home = None,
    lang: Lang = None,
) -> None:
    """Let a relayer's transactions into this home's embedded ledger, at once, also while it runs.

    Example: mapae-node relayer add 0x2d9f3a1c07b8e64d5f0a92c6b17e83d40c5af96b
    """
    speak(lang)
    ledger = settings(home=home).home / "ledger"
    if not ledger.is_dir():
        raise ConfigurationError(
            f"{ledger} is no embedded ledger; on a network its operators let a sender in", path=str(ledger)
        )
    known = KnownRelayers(ledger)
    known.add(parse_address(sender))
    name = sender.lower()
    print(tr(f"{name} is let in; {len(known)} relayers are known", f"{name} 등록됨; 등록된 릴레이어 {len(known)}개"))


@app.command()
def rotate(
    home: Home = None,
    prepare: Annotated[bool, typer.Option("--prepare", help="Only make the next key and print its address.")] = False,
    lang: Lang = None,
) -> None:
    """Go over to a new relayer key; a running node follows by itself, and finishes what the old key has under way.

    With --prepare first where a network must let the new address in, or where gas has a price.
    Example: mapae-node relayer rotate --prepare
    """
    speak(lang)
    config = settings(home=home)
    keystores = _keystores(config)
    fresh = keystores.prepare()
    if prepare:
        print(
            tr(
                f"{fresh} is the next relayer: let it in and fund it, then run `mapae-node relayer rotate`",
                f"다음 릴레이어는 {fresh}입니다: 등록하고 송금한 뒤 `mapae-node relayer rotate`를 실행하세요",
            )
        )
        return
    ledger = config.home / "ledger"
    if ledger.is_dir():
        KnownRelayers(ledger).add(parse_address(fresh))
    elif config.rpc_url:
        _require_funds(ledger_settings(home=home), keystores)
    old, fresh = keystores.rotate()
    print(
        tr(
            f"{fresh} is the relayer now; {old} finishes what it has under way: see `mapae-node relayer show`",
            f"이제 릴레이어는 {fresh}입니다; {old}은(는) 진행 중인 것을 마칩니다: `mapae-node relayer show`를 보세요",
        )
    )


def _keystores(config: Config) -> Keystores:
    return Keystores(config.path(config.relayer_keystore), config.path(config.relayer_passphrase))


def _rows(config: Config, keystores: Keystores) -> list[dict[str, Any]]:
    found: list[tuple[str, Path]] = [("active", keystores.active)] if keystores.active.exists() else []
    found += [("next", keystores.next)] if keystores.next.exists() else []
    found += [("retired", path) for path in keystores.retired()]
    under_way = _under_way(config)
    rows: dict[str, dict[str, Any]] = {}
    for state, path in found:
        name = keystores.address(path)
        rows.setdefault(name, {"address": name, "state": state, "under_way": under_way.pop(name, 0), "file": path.name})
    foreign = [
        {"address": name, "state": "foreign", "under_way": count, "file": "-"} for name, count in under_way.items()
    ]
    return [*rows.values(), *foreign]


def _under_way(config: Config) -> dict[str, int]:
    """Count transactions without a block by their relayer's address."""
    engine = open_outbox(config)
    try:
        outbox = SqlOutbox(engine)
        outbox.create(config.identity())
        counts: dict[str, int] = {}
        for transaction in outbox.pending_transactions():
            name = "0x" + transaction.relayer.hex()
            counts[name] = counts.get(name, 0) + 1
        return counts
    finally:
        engine.dispose()


def _require_funds(config: Config, keystores: Keystores) -> None:
    """Refuse to go over to a key that cannot pay, where the ledger can be asked and gas has a price."""
    try:
        with closing(connect(config, wait_s=0)) as chain:
            account = load_relayer(keystores.next, keystores.passphrase)
            writer = Web3Writer(chain.rpc, account, chain_id=config.chain_id)
            price, balance = writer.gas_price(), writer.balance()
    except LedgerUnavailableError:
        return  # a rotation must not wait for the ledger: the old key may be in wrong hands
    if price and not balance:
        raise ConfigurationError(
            f"{account.address} has no funds and a unit of gas costs {price} wei: send it some, then rotate",
            address=account.address,
        )
