import Basics
import Keyring
import Replica

/// What a scripted client hears.
enum Heard {
    case changed
    case charged(ChargeReceipt)
    case held(HoldReceipt)
    case refused(String)
    case credits(remaining: UInt64?)
    case verdict(Validation)
    case done
    case failed(ScenarioExpectation.Failure)
    case unknown
    /// The connection broke: the node has gone.
    case lost
    /// Nobody was there to connect to.
    case unreachable
    case silence

    /// In short, for what is said again and again.
    var kind: String {
        switch self {
        case .changed, .done: "ok"
        case .charged(let receipt): receipt.replayed ? "replayed" : "charged"
        case .held(let receipt): receipt.replayed ? "replayed" : receipt.standing.word
        case .refused(let code): "refused with \(code)"
        case .credits: "answered"
        case .verdict(let validation): validation.verdict.code
        case .failed(let failure): "failed with \(failure.rawValue)"
        case .unknown: "unknown outcome"
        case .lost: "the connection broke"
        case .unreachable: "the node is down"
        case .silence: "no answer"
        }
    }

    var text: String {
        switch self {
        case .charged(let receipt):
            kind + (receipt.remaining.map { ", \($0) left" } ?? "")
        case .held(let receipt):
            kind + (receipt.remaining.map { ", \($0) left" } ?? "")
        case .credits(let remaining):
            remaining.map { "\($0) left" } ?? "no limit"
        case .verdict(let validation):
            kind + (validation.reason.map { " (\($0.code))" } ?? "")
        default: kind
        }
    }

    func meets(_ answer: ScenarioExpectation.Answer) -> Bool {
        switch (answer, self) {
        case (.ok, .changed), (.ok, .charged), (.ok, .held), (.ok, .credits), (.ok, .done): true
        case (.refused(let code), .refused(let other)): code == other
        case (.failed(let failure), .failed(let other)): failure == other
        case (.unknown, .unknown), (.unknown, .lost): true
        case (.silence, .silence), (.silence, .lost), (.silence, .unreachable): true
        case (.charged, .charged(let receipt)): !receipt.replayed
        case (.replayed, .charged(let receipt)): receipt.replayed
        case (.charged, .held(let receipt)):
            receipt.standing == .settled && !receipt.replayed
        case (.replayed, .held(let receipt)): receipt.replayed
        case (.left(let credits), .held(let receipt)): receipt.remaining?.rawValue == credits
        case (.exhausted, .refused(let code)): code == "credits_exhausted"
        case (.left(let credits), .charged(let receipt)):
            receipt.remaining?.rawValue == credits
        case (.left(let credits), .credits(let remaining)): remaining == credits
        case (.valid, .verdict(let validation)): validation.verdict == .valid
        case (.invalid, .verdict(let validation)): validation.verdict == .invalid
        case (.unavailable, .verdict(let validation)): validation.verdict == .unavailable
        case (.unavailable, .failed): true
        case (.notValid, .verdict(let validation)): validation.verdict != .valid
        case (.notInvalid, .verdict(let validation)): validation.verdict != .invalid
        // Nothing at all isn't "valid" either.
        case (.notValid, _), (.notInvalid, _): isNoVerdict
        default: false
        }
    }

    private var isNoVerdict: Bool {
        switch self {
        case .failed, .lost, .unreachable, .silence: true
        default: false
        }
    }
}

/// What a repeated line came to so far.
struct Tally {
    private var counts: [(kind: String, count: Int)] = []
    private(set) var last: String?

    var isEmpty: Bool { counts.isEmpty }

    /// Counts an answer; true if it is another than the one before.
    mutating func note(_ kind: String) -> Bool {
        if let known = counts.firstIndex(where: { $0.kind == kind }) {
            counts[known].count += 1
        } else {
            counts.append((kind, 1))
        }
        defer { last = kind }
        return last != kind
    }

    var text: String { counts.map { "\($0.count) × \($0.kind)" }.joined(separator: ", ") }
}

extension HoldReceipt.Standing {
    fileprivate var word: String { self == .open ? "held" : text }
}
