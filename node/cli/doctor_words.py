"""What `doctor` says of each check, in English and Korean: its name, its figures, what to do."""

from typing import Final, NamedTuple


class Words(NamedTuple):
    """One check in one language. `figures`: with the names of the finding's figures in braces."""

    name: str
    figures: str
    remedy: str


Table = dict[str, Words]

ENGLISH: Final[Table] = {
    "node": Words("node", "{address}, not ready for: {reasons}", "Start it (`mapae-node run`), or see /health/ready."),
    "permissions": Words("permissions", "open to others: {files}", "chmod 600 the files and 700 the folder node/."),
    "disk": Words("disk", "{mib} MiB free", "Free some space: writes stop when there is none."),
    "database": Words(
        "database", "index {index}, outbox {outbox}", "Check disk and rights, or run `mapae-node database upgrade`."
    ),
    "outbox": Words("outbox", "{open} under way, oldest queued {waited} s", "See relayer, nonce and gas below."),
    "lists": Words(
        "status lists", "{valid} valid, {expired} expired, next in {left} s", "Their agency publishes again."
    ),
    "leases": Words("leases", "indexer {indexer}, sender {sender}", "Start a node with --role all or worker."),
    "rpc": Words("RPC", "{ms} ms", "Check rpc_url, the network, and whether the ledger runs."),
    "chain_id": Words("chain id", "{found}, expected {expected}", "Point rpc_url at the right ledger."),
    "genesis": Words("genesis", "{found}, expected {expected}", "Point rpc_url at the right ledger."),
    "directory": Words(
        "Directory's code",
        "{found}, expected {expected}",
        "Do not go on: the address holds other code than the council's.",
    ),
    "contracts": Words(
        "contracts",
        "{count} of Directory, wrong code: {wrong}",
        "Do not go on: ask the council and who runs this ledger.",
    ),
    "head": Words("newest block", "block {number}, {age} s old", "The ledger makes no blocks: ask who runs it."),
    "clock": Words("clock", "the newest block is {ahead} s ahead of it", "Set this machine's clock (NTP)."),
    "lag": Words("index", "{blocks} blocks behind", "Start a node that indexes, or wait until it has caught up."),
    "gas": Words("gas", "limit {limit}, free {free}", "The ledger's blocks are too small or full: ask who runs it."),
    "balance": Words(
        "relayer",
        "{address} has {wei} wei, price {price}",
        "Make a key (`mapae-node relayer new`), let it in, fund it.",
    ),
    "nonce": Words(
        "nonce", "{mined} in blocks, {pending} with what waits", "Transactions wait: see gas and newest block."
    ),
    "clock_steps": Words(
        "clock's steps", "{apart} s within {over} s", "Something sets the clock back and forth: use one NTP."
    ),
}
KOREAN: Final[Table] = {
    "node": Words(
        "노드",
        "{address}, 준비되지 않은 까닭: {reasons}",
        "노드를 시작하거나(`mapae-node run`) /health/ready를 보십시오.",
    ),
    "permissions": Words(
        "권한", "다른 사용자에게 열린 파일: {files}", "파일은 chmod 600, node/ 폴더는 700으로 바꾸십시오."
    ),
    "disk": Words("디스크", "{mib} MiB 남음", "공간을 비우십시오. 없으면 쓰기가 멈춥니다."),
    "database": Words(
        "데이터베이스",
        "색인 {index}, 발신함 {outbox}",
        "디스크와 권한을 확인하거나 `mapae-node database upgrade`를 실행하십시오.",
    ),
    "outbox": Words(
        "발신함", "진행 중 {open}건, 가장 오래 기다린 것 {waited}초", "아래의 중계자, 논스, 가스를 보십시오."
    ),
    "lists": Words(
        "상태 목록", "유효 {valid}, 만료 {expired}, 다음 만료까지 {left}초", "해당 기관이 다시 게시해야 합니다."
    ),
    "leases": Words("임대", "색인 {indexer}, 발신 {sender}", "--role all 또는 worker로 노드를 시작하십시오."),
    "rpc": Words("RPC", "{ms} ms", "rpc_url과 네트워크, 원장이 실행 중인지 확인하십시오."),
    "chain_id": Words("체인 id", "{found}, 기대값 {expected}", "rpc_url을 올바른 원장으로 바꾸십시오."),
    "genesis": Words("제네시스", "{found}, 기대값 {expected}", "rpc_url을 올바른 원장으로 바꾸십시오."),
    "directory": Words(
        "Directory 코드", "{found}, 기대값 {expected}", "계속하지 마십시오. 그 주소의 코드는 위원회의 것이 아닙니다."
    ),
    "contracts": Words(
        "계약",
        "Directory의 {count}개, 코드가 다른 것: {wrong}",
        "계속하지 마십시오. 위원회와 원장 운영자에게 물으십시오.",
    ),
    "head": Words("최신 블록", "블록 {number}, {age}초 전", "원장이 블록을 만들지 않습니다. 운영자에게 물으십시오."),
    "clock": Words("시계", "최신 블록이 {ahead}초 앞섬", "이 기계의 시계를 맞추십시오(NTP)."),
    "lag": Words("색인", "{blocks}블록 뒤처짐", "색인하는 노드를 시작하거나 따라잡을 때까지 기다리십시오."),
    "gas": Words(
        "가스", "한도 {limit}, 남음 {free}", "원장의 블록이 너무 작거나 가득 찼습니다. 운영자에게 물으십시오."
    ),
    "balance": Words(
        "중계자",
        "{address} 잔액 {wei} wei, 가격 {price}",
        "키를 만들고(`mapae-node relayer new`) 허가와 잔액을 받으십시오.",
    ),
    "nonce": Words("논스", "블록 {mined}, 대기 포함 {pending}", "트랜잭션이 기다립니다. 가스와 최신 블록을 보십시오."),
    "clock_steps": Words(
        "시계의 흔들림", "{over}초 동안 {apart}초", "무언가가 시계를 앞뒤로 돌립니다. NTP 하나만 쓰십시오."
    ),
}
STATES: Final = {
    "en": {"ok": "ok", "warn": "warn", "fail": "FAIL", "unknown": "unknown"},
    "ko": {"ok": "정상", "warn": "주의", "fail": "실패", "unknown": "모름"},
}
TABLES: Final[dict[str, Table]] = {"en": ENGLISH, "ko": KOREAN}
