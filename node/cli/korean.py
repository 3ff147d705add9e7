"""What the node's short commands say when they fail, in Korean; what the client's tables have is taken from there."""

from typing import Final

from registry_client.cli.error_texts import TABLES, Pairs, Texts
from registry_client.errors import RegistryError

_FILE: Final[Pairs] = (
    (
        "the file ends too early: it was cut, or its writing was interrupted",
        "파일이 중간에 끝납니다: 잘렸거나 쓰다가 중단된 파일입니다",
    ),
    ("the file cannot be read to its end: {}", "파일을 끝까지 읽을 수 없습니다: {0}"),
    ("this is no index file of ours: {}", "마패 색인 파일이 아닙니다: {0}"),
    ("a line of the file is no JSON: {}", "파일에 JSON이 아닌 줄이 있습니다: {0}"),
    ("a line of the file is no object", "파일에 객체가 아닌 줄이 있습니다"),
    ("the file's last line does not fit what comes before it", "파일의 마지막 줄이 앞의 내용과 맞지 않습니다"),
    ("something follows the file's last line", "파일의 마지막 줄 뒤에 다른 내용이 있습니다"),
    ("a line of more than {} bytes", "{0}바이트보다 긴 줄이 있습니다"),
    ("more than {} events", "이벤트가 {0}개보다 많습니다"),
    ("the file's events are out of order", "파일의 이벤트 순서가 맞지 않습니다"),
    ("an event of the file is malformed: {}", "파일에 형식이 틀린 이벤트가 있습니다: {0}"),
    (
        "a label is 1 to 64 letters, digits, dots, underscores or hyphens",
        "이름은 영문자, 숫자, 점, 밑줄, 붙임표 1~64자입니다",
    ),
    ("a quota is 1 to {} operations a day", "할당량은 하루 1~{0}건입니다"),
    (
        "no live token has the label {}: see `mapae-node tokens list`",
        "이름이 {0}인 유효한 토큰이 없습니다: `mapae-node tokens list`를 보세요",
    ),
    (
        "a token {} exists: revoke it first (`mapae-node tokens revoke {}`) or choose another label",
        "토큰 {0}이(가) 이미 있습니다: 먼저 폐기하거나(`mapae-node tokens revoke {1}`) 다른 이름을 쓰세요",
    ),
)
_SETTINGS: Final[Pairs] = (
    ("the file is of {}, chain {}, Directory {}", "다른 등록부의 파일입니다: {0}, 체인 {1}, Directory {2}"),
    ("the index moved on in this moment: try again", "방금 색인이 바뀌었습니다: 다시 시도하세요"),
    (
        "{} is no embedded ledger; on a network its operators let a sender in",
        "{0}은(는) 내장 원장이 아닙니다; 공용 네트워크에서는 그 운영자가 송신자를 등록합니다",
    ),
    (
        "{} has no funds and a unit of gas costs {} wei: send it some, then rotate",
        "{0}에 잔액이 없고 가스 단가는 {1} wei입니다: 먼저 송금한 뒤 교체하세요",
    ),
    (
        (
            "a node is indexing ({}): stop every `--role all` and `--role worker` node of this database first; "
            "`--role api` nodes may go on"
        ),
        (
            "노드가 색인을 쓰고 있습니다 ({0}): 이 데이터베이스의 `--role all`, `--role worker` 노드를 먼저 "
            "모두 멈추세요; `--role api` 노드는 계속 두어도 됩니다"
        ),
    ),
    (
        "another node (process {}) runs on {}: stop it, or set MAPAE_HOME to another folder",
        "다른 노드(프로세스 {0})가 {1}에서 실행 중입니다: 멈추거나 MAPAE_HOME에 다른 폴더를 지정하세요",
    ),
    (
        (
            "the node does not know its ledger: {} not set; put them into {}, or let `mapae-node dev` make a "
            "ledger of its own"
        ),
        (
            "노드가 쓸 원장이 정해지지 않았습니다: {0} 설정이 없습니다; {1}에 적거나 `mapae-node dev`로 자체 "
            "원장을 만드세요"
        ),
    ),
    ("{} in {} must be of type {}, not {}", "{1}의 {0}은(는) {3}이(가) 아니라 {2} 형식이어야 합니다"),
    ("{} must be {}, not {}", "{0}은(는) {2}이(가) 아니라 {1}이어야 합니다"),
    (
        "the settings name a PostgreSQL database and its driver is not installed: pip install 'mapae[postgresql]'",
        "설정에 PostgreSQL 데이터베이스가 있지만 드라이버가 설치되어 있지 않습니다: pip install 'mapae[postgresql]'",
    ),
    (
        (
            "database is not a URL that PostgreSQL's client understands: "
            "postgresql://user@host:port/name?option=value (a password with special characters is "
            "percent-encoded, or kept in PGPASSFILE)"
        ),
        (
            "database가 PostgreSQL 주소 형식이 아닙니다: postgresql://user@host:port/name?option=value (특수 "
            "문자가 든 암호는 퍼센트 인코딩하거나 PGPASSFILE에 두세요)"
        ),
    ),
    (
        (
            "the {}'s tables are at revision {} and this program knows them up to {}: run the newer program "
            "that changed them, {}"
        ),
        "{0}의 테이블은 {1}판이고 이 프로그램은 {2}판까지 압니다: 테이블을 바꾼 새 프로그램을 쓰세요, {3}",
    ),
)
_LEDGER: Final[Pairs] = (
    (
        "the file goes up to block {}, the ledger's newest final block is {}: wait until it is further",
        "파일은 블록 {0}까지인데 원장에서 확정된 최신 블록은 {1}입니다: 더 진행될 때까지 기다리세요",
    ),
    ("the ledger has no block 0", "원장에 0번 블록이 없습니다"),
    (
        "the ledger at {} cannot be reached: {}; is it running?",
        "{0}의 원장에 연결할 수 없습니다: {1}; 실행 중인가요?",
    ),
    ("the ledger at {} did not answer in time", "{0}의 원장이 제때 답하지 않았습니다"),
    ("the ledger at {} did not answer in JSON", "{0}의 원장이 JSON으로 답하지 않았습니다"),
    ("the ledger at {} answered HTTP {}", "{0}의 원장이 HTTP {1}(으)로 답했습니다"),
    ("the ledger at {} took too long to finish its answer", "{0}의 원장이 답을 제때 끝내지 못했습니다"),
    ("the ledger at {} was not asked", "{0}의 원장에 묻지 않았습니다"),
    ("{}; it failed {} times in a row and is asked again {}", "{0}; 연속 {1}번 실패했고 다시 묻습니다: {2}"),
    ("eth_getLogs: the ledger says {}", "eth_getLogs: 원장의 답: {0}"),
    ("{}: the ledger says {}", "{0}: 원장의 답: {1}"),
    ("{}: the ledger's answer does not decode: {}", "{0}: 원장의 답을 해석할 수 없습니다: {1}"),
    (
        "the ledger does not give its state at block {} ({}): let the node catch up, then try again at once",
        "원장이 블록 {0}의 상태를 주지 않습니다 ({1}): 노드가 따라잡게 한 뒤 바로 다시 시도하세요",
    ),
)
_WRONG: Final[Pairs] = (
    (
        (
            "the file is of another ledger: block {} is 0x{} there and 0x{} here. For a ledger that continues "
            "it, give --moved"
        ),
        (
            "다른 원장의 파일입니다: 블록 {0}이 그쪽은 0x{1}, 여기는 0x{2}입니다. 그 원장을 이어받은 원장이면 "
            "--moved를 붙이세요"
        ),
    ),
    (
        (
            "the registry was written to on this ledger at block {}: a ledger that continues another must be "
            "past its block {} before the first operation"
        ),
        (
            "이 원장의 블록 {0}에 이미 등록부 기록이 있습니다: 이어받는 원장은 첫 작업 전에 이전 원장의 블록 "
            "{1}을(를) 지나야 합니다"
        ),
    ),
    ("the file is of this very ledger: leave out --moved", "바로 이 원장의 파일입니다: --moved를 빼세요"),
    ("the file's block {} is not the ledger's", "파일의 블록 {0}이 원장의 블록과 다릅니다"),
    (
        (
            "this is not the ledger that the node was configured for: {}. Point rpc_url at the right ledger, "
            "or correct the settings (`mapae-node config show`)"
        ),
        (
            "노드에 설정된 원장이 아닙니다: {0}. rpc_url을 맞는 원장으로 바꾸거나 설정을 고치세요 (`mapae-node "
            "config show`)"
        ),
    ),
)
_INCONSISTENT: Final[Pairs] = (
    (
        "the file's digest at block {} is 0x{}, not the one you trust",
        "블록 {0}에서 파일의 다이제스트는 0x{1}(으)로, 신뢰한다고 지정한 값과 다릅니다",
    ),
    (
        "the file's events do not make the index that its first line names: nothing was imported",
        "파일의 이벤트로 만든 색인이 첫 줄의 다이제스트와 다릅니다: 아무것도 가져오지 않았습니다",
    ),
    (
        "{} things of the file are not what the ledger says: nothing was imported",
        "파일의 내용 {0}건이 원장과 다릅니다: 아무것도 가져오지 않았습니다",
    ),
    (
        (
            "the index was made for another ledger or version ({} differ): point the node at its own ledger, "
            "or run `mapae-node index rebuild`"
        ),
        (
            "다른 원장 또는 다른 판의 색인입니다 ({0}이(가) 다름): 노드를 자기 원장에 연결하거나 `mapae-node "
            "index rebuild`를 실행하세요"
        ),
    ),
    (
        "the ledger gave an event twice in two places: rebuild the index (`mapae-node index rebuild`)",
        "원장이 같은 이벤트를 두 곳에서 주었습니다: 색인을 다시 만드세요 (`mapae-node index rebuild`)",
    ),
    (
        "the outbox is another ledger's: give this node its own home, or move the file aside",
        "다른 원장의 발신함입니다: 노드에 자기 home을 주거나 그 파일을 옮기세요",
    ),
    (
        "status list 0x{} changed before it was opened: events are missing; rebuild the index",
        "상태 목록 0x{0}이 열리기 전에 바뀌었습니다: 빠진 이벤트가 있습니다; 색인을 다시 만드세요",
    ),
)
_KEYS: Final[Pairs] = (
    (
        "{} is missing; `mapae-node relayer new` makes the first key",
        "{0}이(가) 없습니다; 첫 키는 `mapae-node relayer new`로 만듭니다",
    ),
    (
        "{} is missing; `mapae-node relayer new` makes a relayer",
        "{0}이(가) 없습니다; 릴레이어는 `mapae-node relayer new`로 만듭니다",
    ),
    ("{} is no keystore: {}", "{0}은(는) 키 저장 파일이 아닙니다: {1}"),
    (
        "{} exists already; move it aside to make another relayer",
        "{0}이(가) 이미 있습니다; 다른 릴레이어를 만들려면 그 파일을 옮기세요",
    ),
    (
        "{} can be read by others; run: chmod 600 {}",
        "{0}을(를) 다른 사용자가 읽을 수 있습니다; 실행하세요: chmod 600 {1}",
    ),
    ("{} does not open with the passphrase in {}: {}", "{1}의 암호로 {0}을(를) 열 수 없습니다: {2}"),
)
NODE_TABLES: Final[dict[str, Pairs]] = {
    "invalid-input": _FILE,
    "configuration": _SETTINGS,
    "ledger-unavailable": _LEDGER,
    "wrong-ledger": _WRONG,
    "ledger-inconsistent": _INCONSISTENT,
    "key-file": _KEYS,
}
_ALL: Final = Texts({**TABLES, **{code: (*pairs, *TABLES.get(code, ())) for code, pairs in NODE_TABLES.items()}})


def korean(error: RegistryError) -> str:
    """What an error of a node's command says, in Korean."""
    return _ALL.korean(error)
