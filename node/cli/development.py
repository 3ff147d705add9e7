"""`mapae-node dev`: a whole registry on one machine, made where it is missing and kept where it is not.

Order: port and home's lock, relayer and council keys, ledger, contracts, settings and profile, token, node. All
processes end together: the ledger dies with this one (kernel), and this one stops when the ledger does.
"""

import json
import secrets
import sys
import time
from contextlib import closing
from dataclasses import fields, replace
from pathlib import Path
from typing import Final

import structlog

from node.adapters.ledger_writer import create_relayer, load_relayer
from node.cli.ledger_news import StartProgress, in_words
from node.config import CONFIG_FILE, Config, as_toml, load_config
from node.embedded.errors import LedgerStoppedError
from node.embedded.launcher import LedgerEvent, LedgerHandle, OnEvent, start_ledger
from node.files import make_private_folder, write_private
from node.home import HomeLock, bind
from node.logs import configure_logs
from node.main import Node
from node.services.deployment import Deployment, deploy
from node.stores import open_tokens
from registry_client.adapters.signer_file import list_keys, save_signer
from registry_client.adapters.signer_local import generate_signer
from registry_client.core.encoding import decode_hex, encode_hex
from registry_client.errors import ConfigurationError, RegistryError
from registry_client.profile import Profile, read_profile, write_profile

log = structlog.get_logger("node.dev")

MEMBERS: Final = 3
THRESHOLD: Final = 2
DELAY_S: Final = 1
_DEPLOYER: Final = "node/deployer.json"
_PASSPHRASE: Final = "node/relayer.passphrase"  # noqa: S105 - a file's name
_TOKEN: Final = "node/token"  # noqa: S105 - a file's name
_TOKEN_LABEL: Final = "development"  # noqa: S105 - a label
_DEMO: Final = Path("demo")


def run_development(config: Config) -> int:
    """Bring everything up and run until stopped; return the exit code, the ledger's own if that ended first."""
    began = time.monotonic()
    with closing(bind(config.host, config.port)) as listener:
        make_private_folder(config.home)
        configure_logs(config.path(config.log_file), level=config.log_level, form=config.log_format)
        with HomeLock(config.home):
            relayer, deployer = _relayer(config, config.relayer_keystore), _relayer(config, _DEPLOYER)
            members = council_members(config.home)
            node: Node | None = None

            def on_event(event: LedgerEvent) -> None:
                log.info("ledger", what=event.name, details=event.fields)
                words = in_words(event)
                if words is not None and event.name != "failed":  # that is said once, at the end
                    _say(f"ledger   {words}")
                if event.name in {"failed", "stopped"} and node is not None:
                    node.stop()

            with _start(config, [relayer, deployer], on_event) as ledger:
                _say(f"ledger   {ledger.network}, chain {ledger.chain_id}, {ledger.url}")
                config = _with_registry(config, ledger, members)
                _write_profile(config, listener.getsockname()[1])
                node = Node(config)
                node.take_signals()  # before anybody is told that it can be stopped
                host, port = listener.getsockname()[:2]
                _say(f"node     http://{host}:{port}/docs   ({time.monotonic() - began:.1f} s)")
                code = node.run(listener)
                if ledger.failure is not None or not ledger.is_running:
                    return code or _how_it_ended(config, ledger)
                return code


def _start(config: Config, relayers: list[str], on_event: OnEvent) -> LedgerHandle:
    with StartProgress() as progress:
        return start_ledger(
            config.home / "ledger",
            relayers=relayers,
            heartbeat_s=config.heartbeat_s,
            on_progress=progress,
            on_event=on_event,
        )


def _how_it_ended(config: Config, ledger: LedgerHandle) -> int:
    """Say why the ledger ended by itself; return its exit code."""
    report = ledger.failure
    if report is None:
        report = LedgerStoppedError(f"its process is gone; see {config.home / 'ledger' / 'ledger.log'}").as_report()
    _say(f"ledger   {in_words(LedgerEvent('failed', report))}")
    code = report.get("exit_code")
    return code if isinstance(code, int) else LedgerStoppedError.exit_code


def council_members(home: Path) -> list[bytes]:
    """Return the Controllers (21 bytes) of the development council; make its keys the first time."""
    roster, folder, passphrase = home / _DEMO / "council.json", home / _DEMO / "keys", home / _DEMO / "passphrase"
    if roster.exists():
        try:
            return [decode_hex(str(text), length=21) for text in json.loads(roster.read_text())["members"]]
        except (ValueError, KeyError, TypeError) as error:
            raise ConfigurationError(f"{roster} does not list the council's members: {error}") from error
    if not passphrase.exists():
        write_private(passphrase, secrets.token_urlsafe(24) + "\n")
    secret = passphrase.read_text().strip()
    known = {key.key_id: key.public_key for key in list_keys(folder)} if folder.exists() else {}
    members = []
    for number in range(1, MEMBERS + 1):
        key_id = f"council-{number}"
        if key_id not in known:
            signer = generate_signer(key_id=key_id, purpose="development council member")
            save_signer(signer, folder, passphrase=secret)
            known[key_id] = signer.public_key
        members.append(known[key_id].controller())
    text = {"development": True, "threshold": THRESHOLD, "members": [encode_hex(member) for member in members]}
    write_private(roster, json.dumps(text, indent=2) + "\n")
    return members


def _with_registry(config: Config, ledger: LedgerHandle, members: list[bytes]) -> Config:
    """Return the settings with this ledger in them; deploy the contracts if they are not there yet."""
    known = config.genesis_hash == ledger.genesis_hash and config.directory and config.network == ledger.network
    if not known:
        deployed = _deploy(config, ledger, members)
        config = replace(
            config,
            network=deployed.network,
            chain_id=deployed.chain_id,
            genesis_hash=deployed.genesis_hash,
            directory=deployed.directory,
            code_hash=deployed.code_hash,
            first_block=deployed.first_block,
            confirmations=0,
        )
        _say(f"contracts Directory {deployed.directory}")
    config = replace(config, rpc_url=ledger.url)
    _keep_settings(config)
    return config


def _deploy(config: Config, ledger: LedgerHandle, members: list[bytes]) -> Deployment:
    account = load_relayer(config.path(_DEPLOYER), config.path(_PASSPHRASE))
    return deploy(
        ledger.url,
        network=ledger.network,
        members=members,
        threshold=THRESHOLD,
        delay_s=DELAY_S,
        development=True,
        key=bytes(account.key),
        progress=lambda line: _say(f"deploy   {line}"),
    )


def _keep_settings(config: Config) -> None:
    """Write what the next start must know; a port or host given for this run only is not among it."""
    path = config.home / CONFIG_FILE
    stored = load_config({"home": config.home}, {})
    kept = replace(
        stored,
        rpc_url=config.rpc_url,
        network=config.network,
        chain_id=config.chain_id,
        genesis_hash=config.genesis_hash,
        directory=config.directory,
        code_hash=config.code_hash,
        first_block=config.first_block,
        confirmations=config.confirmations,
    )
    said = "# Written by `mapae-node dev`; the ledger's address changes with every start.\n"
    defaults = {entry.name: entry.default for entry in fields(Config)}
    unsaid = [name for name in ("host", "port") if getattr(stored, name) == defaults[name]]
    write_private(path, said + as_toml(kept, without=unsaid))


def _write_profile(config: Config, port: int) -> None:
    """Write the development profile, and a token if there is none that works."""
    token_file = config.path(_TOKEN)
    tokens, close = open_tokens(config)
    try:
        live = {token.label for token in tokens.list() if token.revoked_at is None}
        if not token_file.exists() and _TOKEN_LABEL in live:
            tokens.revoke(_TOKEN_LABEL)
            live.discard(_TOKEN_LABEL)
        if _TOKEN_LABEL not in live:
            token_file.unlink(missing_ok=True)
            write_private(token_file, tokens.create(_TOKEN_LABEL, quota_per_day=1_000_000) + "\n")
    finally:
        close()
    host = "127.0.0.1" if config.host in {"0.0.0.0", "::", "127.0.0.1"} else config.host  # noqa: S104 - compared only
    profile = Profile(
        network=config.network,
        chain_id=config.chain_id,
        genesis_hash=decode_hex(config.genesis_hash, length=32),
        directory=decode_hex(config.directory, length=20),
        code_hash=decode_hex(config.code_hash, length=32),
        node_url=f"http://{host}:{port}",
        keys=config.home / _DEMO / "keys",
        book=config.home / "book.sqlite",
        token_file=token_file,
        base=config.base,
    )
    path = config.home / "profile.toml"
    write_profile(_with_what_was_added(profile, path), path)


def _with_what_was_added(profile: Profile, path: Path) -> Profile:
    """Keep what its owner put into the profile of this very registry: an agency, a token's module, a language."""
    try:
        old = read_profile(path)
    except RegistryError:  # none yet, or one that nobody can read: it is written anew
        return profile
    if (old.genesis_hash, old.directory) != (profile.genesis_hash, profile.directory):
        return profile
    return replace(
        profile,
        agency=old.agency,
        language=old.language,
        status=old.status,
        status_folder=old.status_folder,
        pkcs11_module=old.pkcs11_module,
        book=old.book or profile.book,
    )


def _relayer(config: Config, keystore: str) -> str:
    path, passphrase = config.path(keystore), config.path(_PASSPHRASE)
    if not path.exists():
        return create_relayer(path, passphrase)
    return str(load_relayer(path, passphrase).address)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
