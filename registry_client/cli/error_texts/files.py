"""Korean of what goes wrong with profiles, keys, books and files."""

from typing import Final

_READABLE = "{0}을(를) 다른 사용자가 읽을 수 있습니다. 실행하세요: chmod 600 {1}"

TEXTS: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "book": (
        ("a book's key has {} bytes", "발급 대장의 키는 {0}바이트입니다"),
        ("{} is not an issuer's book", "{0}은(는) 발급 대장이 아닙니다"),
        ("this book opens with a keystore's key", "이 발급 대장은 키 저장소의 키로 엽니다"),
        ("this book opens with a passphrase", "이 발급 대장은 암호로 엽니다"),
        ("a batch has 1 to {} credentials", "한 묶음은 1~{0}건입니다"),
        ("cannot make a book at {}: {}", "{0}에 발급 대장을 만들 수 없습니다: {1}"),
        ("cannot open the book at {}: {}", "{0}의 발급 대장을 열 수 없습니다: {1}"),
        ("the book cannot be read: {}", "발급 대장을 읽을 수 없습니다: {0}"),
        ("the book cannot be written: {}", "발급 대장에 쓸 수 없습니다: {0}"),
        ("the book does not open with this passphrase or key", "이 암호나 키로는 발급 대장이 열리지 않습니다"),
        (
            "the book has no open status list: open one and enter it",
            "발급 대장에 열린 상태 목록이 없습니다: 하나를 열고 등록하세요",
        ),
        ("the book has no such credential", "발급 대장에 그런 자격증명이 없습니다"),
        ("the book is of another version", "발급 대장의 버전이 다릅니다"),
        ("the book refused the change: {}", "발급 대장이 변경을 거절했습니다: {0}"),
        ("the book was altered: restore it from a backup", "발급 대장이 변조되었습니다: 백업에서 복원하세요"),
        ("the credential is revoked, and stays so", "폐기된 자격증명은 되돌릴 수 없습니다"),
        ("the status list is full: open another", "상태 목록이 가득 찼습니다: 새로 여세요"),
        ("there is a book at {} already", "{0}에 이미 발급 대장이 있습니다"),
        (
            "there is no book at {}; `mapae agency init` makes one",
            "{0}에 발급 대장이 없습니다; `mapae agency init`으로 만듭니다",
        ),
        (
            "this batch was entered with other lines: give the new one another name",
            "같은 이름의 묶음이 다른 내용으로 이미 있습니다: 새 묶음에 다른 이름을 주세요",
        ),
        (
            "this batch was issued with other options: {}; give --batch NAME",
            "이 묶음은 다른 옵션으로 발급했습니다: {0}; --batch NAME을 주세요",
        ),
        (
            "this line is signed already, or not in the book",
            "이미 서명된 줄이거나 발급 대장에 없는 줄입니다",
        ),
        ("{} may be read by others; run: chmod 600 {}", _READABLE),
    ),
    "configuration": (
        (
            "drawing a QR code needs segno: pip install 'mapae[qr]'",
            "QR 코드를 그리려면 segno가 필요합니다: pip install 'mapae[qr]'",
        ),
        (
            "issuing needs fastjsonschema: pip install 'mapae[cli]'",
            "발급에는 fastjsonschema가 필요합니다: pip install 'mapae[cli]'",
        ),
        (
            "the gate's memory {} cannot be opened: {}; name another with --memory",
            "출입구의 기록 {0}을(를) 열 수 없습니다: {1}; --memory로 다른 파일을 지정하세요",
        ),
        (
            "reading a picture needs zxing-cpp and pillow: pip install zxing-cpp pillow",
            "그림을 읽으려면 zxing-cpp와 pillow가 필요합니다: pip install zxing-cpp pillow",
        ),
    ),
    "invalid-profile": (
        (
            (
                "relaying needs an API token and the profile names no token_file: ask the node's operator for one "
                "(`mapae-node tokens create <name>`) and set token_file"
            ),
            (
                "변경을 보내려면 API 토큰이 필요한데 프로필에 token_file이 없습니다: 노드 운영자에게 토큰을 받아"
                "(`mapae-node tokens create <name>`) token_file에 적으세요"
            ),
        ),
        ("cannot read {}: {}", "{0}을(를) 읽을 수 없습니다: {1}"),
        ("cannot write {}: {}", "{0}을(를) 쓸 수 없습니다: {1}"),
        ("network: 1 to 32 of a-z, 0-9 and -", "network: a-z, 0-9, - 로 1~32자"),
        (
            "node_url or rpc_url has to say where the ledger is read",
            "원장을 읽을 곳을 node_url이나 rpc_url에 적어야 합니다",
        ),
        (
            "status published needs node_url or status_folder: the lists are fetched there",
            "status가 published이면 목록을 받아 올 node_url 또는 status_folder가 필요합니다",
        ),
        (
            'the profile names no book: set book = "..." in it',
            '프로필에 발급 대장이 없습니다: book = "..."을 적으세요',
        ),
        (
            'the profile names no keys folder: set keys = "..." in it, or use --folder',
            '프로필에 키 폴더가 없습니다: keys = "..."을 적거나 --folder를 쓰세요',
        ),
        ("the token file {} cannot be read: {}", "토큰 파일 {0}을(를) 읽을 수 없습니다: {1}"),
        (
            "this needs a node, and the profile names none: set node_url in it, or give --node http://127.0.0.1:8700",
            "노드가 필요한데 프로필에 없습니다: node_url을 적거나 --node http://127.0.0.1:8700을 주세요",
        ),
        ("unknown key {}; known are {}", "모르는 항목 {0}; 쓸 수 있는 항목: {1}"),
        ("{} is larger than {} bytes", "{0}이(가) {1}바이트보다 큽니다"),
        ("{} is not TOML: {}", "{0}은(는) TOML이 아닙니다: {1}"),
        ("{}: expected a whole number", "{0}: 정수를 적으세요"),
        ("{}: expected an absolute URI", "{0}: 절대 URI를 적으세요"),
        (
            "{}: expected http:// or https:// and a host, without user, ? or #",
            "{0}: http:// 또는 https:// 와 호스트를 적으세요 (사용자, ?, # 없이)",
        ),
        ("{}: expected text in quotes", "{0}: 따옴표로 묶은 글을 적으세요"),
        ("{}: ko or en", "{0}: ko 또는 en"),
        ("{}: ledger or published", "{0}: ledger 또는 published"),
        ("{}: one of {}", "{0}: 다음 중 하나: {1}"),
        ("{} is missing", "{0} 항목이 없습니다"),
        ("{}: {}", "{0}: {1}"),
    ),
    "profile-missing": (
        ("no profile: neither {} nor {} exists; {}", "프로필이 없습니다: {0}도 {1}도 없습니다; {2}"),
        ("there is no profile {}; {}", "프로필 {0}이(가) 없습니다; {1}"),
        (
            (
                "make one with: {} (or start a development system: make run; of one that runs elsewhere, name the "
                "home in MAPAE_HOME)"
            ),
            (
                "만들기: {0} (개발용 시스템 시작: make run; 다른 곳에서 실행 중이면 그 홈 폴더를 MAPAE_HOME에 "
                "지정하세요)"
            ),
        ),
    ),
    "key-file": (
        ("a key id has 1 to 64 of letters, digits, point, _ and -", "키 이름은 영문자, 숫자, 점, _, - 로 1~64자입니다"),
        (
            "a key named {} is already in {}; keys are never overwritten",
            "이름이 {0}인 키가 {1}에 이미 있습니다; 키는 덮어쓰지 않습니다",
        ),
        ("a new passphrase has at least {} characters", "새 암호는 {0}자 이상이어야 합니다"),
        ("cannot read the passphrase from descriptor {}: {}", "기술자 {0}에서 암호를 읽을 수 없습니다: {1}"),
        ("cannot read {}: {}", "{0}을(를) 읽을 수 없습니다: {1}"),
        ("cannot write to {}: {}", "{0}에 쓸 수 없습니다: {1}"),
        (
            (
                "no terminal to ask for the passphrase; put it in a file and name it with --passphrase-file or in {} "
                "(a development system has one: demo/passphrase in its home, var/ by default)"
            ),
            (
                "암호를 물어볼 터미널이 없습니다; 파일에 적고 --passphrase-file이나 {0}에 그 이름을 지정하세요 "
                "(개발용 시스템의 암호 파일: 홈 폴더, 기본 var/ 아래의 demo/passphrase)"
            ),
        ),
        ("the passphrase is empty", "암호가 비어 있습니다"),
        ("the passphrase is not UTF-8 text", "암호가 UTF-8 글이 아닙니다"),
        ("the two passphrases differ; nothing was written", "두 암호가 다릅니다; 아무것도 쓰지 않았습니다"),
        (
            "there is no key {}; `mapae key list` shows what there is, `mapae key make` makes one",
            "키 {0}이(가) 없습니다; `mapae key list`로 목록을 보고 `mapae key make`로 만듭니다",
        ),
        ("{} does not hold a signing key with its certificate", "{0}에 서명 키와 인증서가 들어 있지 않습니다"),
        ("{} does not open: wrong passphrase, or damaged", "{0}이(가) 열리지 않습니다: 암호가 틀렸거나 손상되었습니다"),
        ("{} is larger than {} bytes", "{0}이(가) {1}바이트보다 큽니다"),
        ("{} is not a regular file", "{0}은(는) 일반 파일이 아닙니다"),
        ("{} is not the public half of a key", "{0}은(는) 키의 공개 부분이 아닙니다"),
        ("{} is there already; keys are never overwritten", "{0}이(가) 이미 있습니다; 키는 덮어쓰지 않습니다"),
        ("{} may be read by others; run: chmod 600 {}", _READABLE),
        ("{}: {}", "{0}: {1}"),
    ),
}
"""Error code -> (English, Korean)."""
