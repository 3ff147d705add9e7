"""Tell the story against the system that a profile names; exit 0 only if every verdict was the expected one."""

import argparse
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from registry_client.actions.desk import Desk
from registry_client.actions.keyring import open_ring
from registry_client.cli.failures import report
from registry_client.cli.i18n import language_of_locale, set_language
from registry_client.cli.output import Screen
from registry_client.holder import Wallet
from registry_client.profile import Profile, local_profile, read_profile
from registry_client.registry import open_registry
from registry_client.submit import NodeClient
from registry_client.verifier import Verifier
from registry_client.walkthrough import ending, founding, issuing, losing
from registry_client.walkthrough.play import Play
from registry_client.walkthrough.stage import Line, Stage

SCENES = (
    founding.found_ministry,
    founding.found_agency,
    founding.open_gate,
    issuing.officer,
    issuing.gate,
    losing.leave,
    losing.lost,
    ending.rotate,
    ending.stolen,
    ending.end_accreditation,
    ending.audit,
)
"""The whole story, in order."""
UNEXPECTED = 3
"""Exit code when a verdict was not the expected one."""


def tell(profile: Profile, *, stage: Stage) -> Play:
    """Play every scene. Raises RegistryError when the system does not do what it must."""
    ring = open_ring(profile)
    with NodeClient(profile.node_url or "", token_file=profile.token_file) as node, open_registry(profile) as registry:
        network = node.network(expected=profile.chain_id, name=profile.network)
        play = Play(
            stage=stage,
            desk=Desk(node, network),
            ring=ring,
            profile=profile,
            registry=registry,
            wallet=Wallet(registry.ledger, registry.transport),
            # Nothing is remembered between verdicts here: the story changes the ledger between two of them.
            verifier=Verifier(registry.ledger, registry.transport, keep_s=0.0),
            first_block=network.head_number + 1,
        )
        stage.open(
            Line(
                f"The story of a registry on the development ledger {network.name}, run {ring.run}",
                f"개발용 원장 {network.name}에서 보는 등록부 이야기, {ring.run}회차",
            ),
            Line(f"Keys: {ring.folder} (development only)", f"키: {ring.folder} (개발 전용)"),
        )
        for scene in SCENES:
            scene(play)
    return play


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the story and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m registry_client.walkthrough", description=__doc__)
    parser.add_argument("--profile", type=Path, default=local_profile(), help="the running system's profile")
    parser.add_argument("--lang", choices=("en", "ko"), help="one language only (default: both)")
    options = parser.parse_args(arguments)
    set_language(options.lang or language_of_locale())
    stage = Stage(Screen(), options.lang)
    try:
        profile = read_profile(options.profile)
        play = tell(profile, stage=stage)
    except Exception as error:
        return report(error)
    stage.close(
        Line(
            f"{stage.verdicts} verdicts, {len(stage.surprises)} not as expected, {stage.elapsed_s():.1f} s",
            f"판정 {stage.verdicts}건, 예상과 다른 것 {len(stage.surprises)}건, {stage.elapsed_s():.1f}초",
        )
    )
    if stage.surprises:
        return UNEXPECTED
    found_anyway = Path(os.environ.get("MAPAE_PROFILE") or local_profile()).absolute() == options.profile.absolute()
    elsewhere = "" if found_anyway else f" --profile {shlex.quote(str(options.profile))}"
    stage.screen.next(f"mapae did resolve {play.agency}{elsewhere}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
