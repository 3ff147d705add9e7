"""Korean of what goes wrong on the way to the ledger, at the node and on the ledger."""

from typing import Final

TEXTS: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "ledger-unavailable": (
        ("the registrar at {} does not answer: no connection", "{0}의 등록기에 연결할 수 없습니다"),
        ("the registrar at {} does not answer: it took too long", "{0}의 등록기가 제때 답하지 않습니다"),
        ("the registrar at {} does not answer: {}", "{0}의 등록기가 답하지 않습니다: {1}"),
        ("what answers at {} is not a registrar: {}", "{0}에서 답하는 것은 등록기가 아닙니다: {1}"),
        ("the node's answer to {} has no usable {}: {}", "{0}에 대한 노드의 답에 쓸 수 있는 {1}이(가) 없습니다: {2}"),
        ("cannot reach {}: {}", "{0}에 연결할 수 없습니다: {1}"),
        (
            "the JSON-RPC endpoint answered HTTP {} without JSON: {}",
            "JSON-RPC 주소가 JSON 없이 HTTP {0}(으)로 답했습니다: {1}",
        ),
        ("the JSON-RPC endpoint does not take batches{}", "JSON-RPC 주소가 묶음 요청을 받지 않습니다{0}"),
        ("the JSON-RPC endpoint does not take batches", "JSON-RPC 주소가 묶음 요청을 받지 않습니다"),
        ("the JSON-RPC endpoint left a call unanswered", "JSON-RPC 주소가 요청 하나에 답하지 않았습니다"),
        ("the answer is compressed although that was not asked for", "요청하지 않았는데 답이 압축되어 있습니다"),
        ("the answer is larger than {} bytes", "답이 {0}바이트보다 큽니다"),
        (
            "the answer took too long; try again, or another endpoint",
            "답이 너무 늦습니다; 다시 시도하거나 다른 주소를 쓰세요",
        ),
        (
            "the node answered an operation in a state that is not known here",
            "노드가 알 수 없는 상태로 답했습니다",
        ),
        ("the node answered an operation without an id", "노드가 id 없이 답했습니다"),
        ("the node answered with another DID than asked", "노드가 요청과 다른 DID로 답했습니다"),
        ("the node answered with another list than asked", "노드가 요청과 다른 목록으로 답했습니다"),
        ("the node answered with another path than asked", "노드가 요청과 다른 권한 경로로 답했습니다"),
        ("the node answered {} with HTTP {} and no JSON: {}", "노드가 {0}에 HTTP {1}, JSON 없이 답했습니다: {2}"),
        ("the node at {} answered for another number of operations", "{0}의 노드가 다른 개수로 답했습니다"),
        ("the node at {} answered more than {} bytes", "{0}의 노드가 {1}바이트보다 많이 답했습니다"),
        ("the node at {} answered HTTP {}", "{0}의 노드가 HTTP {1}(으)로 답했습니다"),
        ("the node at {} does not answer ({}: {})", "{0}의 노드가 응답하지 않습니다 ({1}: {2})"),
        ("the node cannot answer: {}", "노드가 답할 수 없습니다: {0}"),
        (
            "the node does not know {}: is this the node that the profile means?",
            "노드가 {0}을(를) 모릅니다: 프로필이 뜻하는 노드가 맞나요?",
        ),
        (
            "the node knows no contract {}; is it still starting?",
            "노드가 계약 {0}을(를) 모릅니다; 아직 시작 중인가요?",
        ),
        (
            "there is no registry node at this address: it does not know /v1/ledger",
            "이 주소에는 마패 노드가 없습니다: /v1/ledger를 모릅니다",
        ),
        (
            "what answers at {} is not a node that this client understands ({})",
            "{0}에서 답하는 것은 이 클라이언트가 아는 노드가 아닙니다 ({1})",
        ),
        ("what answers at {} is not a node: {}", "{0}에서 답하는 것은 노드가 아닙니다: {1}"),
        (
            (
                "{} of {} operations are not final after {} s (the first is {}): the node still has them; ask again "
                "later with the same command, nothing is done twice"
            ),
            (
                "작업 {1}건 중 {0}건이 {2}초 안에 확정되지 않았습니다 (첫 번째: {3}): 노드가 보관하고 있으니 "
                "나중에 같은 명령을 다시 실행하세요; 두 번 처리되지 않습니다"
            ),
        ),
    ),
    "ledger-inconsistent": (
        (
            (
                "another digest is anchored for this sequence, and no list can be published for it: whoever holds the "
                "operator's key did that; the next change of the list can be anchored again"
            ),
            (
                "이 순번에 다른 다이제스트가 고정되어 있어 목록을 게시할 수 없습니다: 담당자 키를 가진 누군가의 "
                "일입니다; 목록이 다음에 바뀌면 다시 고정할 수 있습니다"
            ),
        ),
        ("the ledger holds another batch under this number", "원장의 이 번호에는 다른 묶음이 있습니다"),
    ),
    "ledger-reverted": (
        (
            "the batch {} lost its number {} times: another issuer is busy, run it again",
            "묶음 {0}이(가) 번호를 {1}번 빼앗겼습니다: 다른 발급 담당자가 작업 중이니 다시 실행하세요",
        ),
        ("{} was refused: {} ({})", "원장이 {0}을(를) 거절했습니다: {1} ({2})"),
        ("{} was refused: {}", "원장이 {0}을(를) 거절했습니다: {1}"),
        (
            "its deadline passed before it was in a block; sign it again",
            "블록에 들어가기 전에 기한이 지났습니다; 다시 서명하세요",
        ),
        (
            "another change came first; look at the present state and sign again",
            "다른 변경이 먼저 들어갔습니다; 지금 상태를 보고 다시 서명하세요",
        ),
    ),
    "node-refused": (
        ("the node at {} answered HTTP {} without a reason", "{0}의 노드가 이유 없이 HTTP {1}(으)로 답했습니다"),
    ),
    "wrong-ledger": (
        (
            "this node's {} is {}, the profile pins {}: it is not {}",
            "이 노드의 {0}은(는) {1}인데 프로필에는 {2}(으)로 되어 있습니다: {3}이(가) 아닙니다",
        ),
        (
            (
                "the node at {} serves {} (chain {}), the profile says {} (chain {}): use the profile of that network, "
                "or --node with the right address"
            ),
            (
                "{0}의 노드는 {1}(체인 {2})을 제공하는데 프로필은 {3}(체인 {4})입니다: 그 네트워크의 프로필을 쓰거나 "
                "--node로 바른 주소를 주세요"
            ),
        ),
    ),
    "assurance-insufficient": (
        (
            (
                "this profile's answers are known by {}, and it demands {}: set rpc_url to a ledger of your own, or "
                "lower minimum_assurance"
            ),
            (
                "이 프로필의 답은 근거가 {0}인데 {1}을(를) 요구합니다: rpc_url에 자체 원장을 지정하거나 "
                "minimum_assurance를 낮추세요"
            ),
        ),
        (
            "the verifier is known on weaker grounds than the policy demands",
            "검증자에 대한 근거가 정책이 요구하는 것보다 약합니다",
        ),
    ),
    "did-not-found": (
        ("the profile is for {}, the DID is of {}", "프로필은 {0}용인데 DID는 {1}의 것입니다"),
        ("the ledger has no such holder", "원장에 그런 소지자가 없습니다"),
        ("the ledger has no {}", "원장에 {0}이(가) 없습니다"),
    ),
    "invalid-did": (
        ("{} belongs to the network {}, this node serves {}", "{0}은(는) 네트워크 {1}의 것인데 이 노드는 {2}입니다"),
    ),
    "feature-not-supported": (
        (
            "a node answers at its head; reading at a block needs an rpc_url in the profile",
            "노드는 최신 블록으로 답합니다; 특정 블록을 읽으려면 프로필에 rpc_url이 필요합니다",
        ),
    ),
}
"""Error code -> (English, Korean)."""
