import Basics
import Keyring
import Replica

/// When the log came to each index, by the clients' clocks: after everything was asked that was
/// answered as of an entry before it, and before the first word was heard that is of that entry or
/// of one behind it.
struct LogMoments {
    /// For each index, from zero on, when the last was asked that was answered before it.
    private var asked: [Instant]
    /// When the first heard that was answered at it or behind; nil if nobody did.
    private var heard: [Instant?]

    /// - Parameter count: the entries of the log.
    init(_ operations: [RecordedOperation], entries count: Int) {
        asked = Array(repeating: Instant(nanoseconds: .min), count: count + 2)
        heard = Array(repeating: nil, count: count + 2)
        for operation in operations {
            guard let response = operation.response, response.index.rawValue <= UInt64(count)
            else { continue }
            let index = Int(response.index.rawValue)
            heard[index] = min(heard[index] ?? response.at, response.at)
            // A node that lags may refuse a key that it doesn't know, as of long ago.
            guard !response.result.isOfUnknownKeys else { continue }
            asked[index + 1] = max(asked[index + 1], operation.invoked)
        }
        for index in 1..<asked.count { asked[index] = max(asked[index], asked[index - 1]) }
        for index in (0..<count + 1).reversed() {
            guard let later = heard[index + 1] else { continue }
            heard[index] = min(heard[index] ?? later, later)
        }
    }

    /// Between which instants the entry at an index of the log was committed, if something began
    /// at `since` that it comes after; without an end if nobody was told of it.
    func interval(
        of index: LogIndex, since: Instant
    ) -> (begin: Instant, end: Instant?) {
        let begin = max(asked[Int(index.rawValue)], since)
        // Answers in disorder: for the search to refute.
        return (begin, heard[Int(index.rawValue)].flatMap { $0 < begin ? nil : $0 })
    }
}

extension RecordedOperation.Result {
    fileprivate var isOfUnknownKeys: Bool {
        switch self {
        case .outcome(.charged(let outcomes)):
            outcomes.allSatisfy { $0 == .refused(.invalidKey) }
        default: refusal == .invalidKey
        }
    }
}
