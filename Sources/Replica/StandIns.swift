import Basics
import Consensus
import Keyring
public struct Applied { var requestID: RequestID?; var outcome: Outcome; var changesPowers: Bool }
public struct StateMachine: Sendable {
    var appliedIndex: LogIndex { fatalError() }
    var logTime: Timestamp { fatalError() }
    var nextDeadline: Timestamp? { nil }
    init(genesis: Genesis) {}
    init() {}
    mutating func apply(_ p: [UInt8], at: LogIndex, time: Timestamp, changes: inout [TableChange])
        -> Applied
    { fatalError() }
    mutating func advance(to: LogIndex, time: Timestamp, changes: inout [TableChange]) {}
    func recordedOutcome(for: RequestID) -> Outcome? { nil }
    func forEachTableChange(_ b: (TableChange) -> Void) {}
    func freeze() -> SnapshotEncoder { SnapshotEncoder() }
    func knowsToken(_ d: Digest) -> Bool { false }
    func tokenID(of: Digest) -> TokenID? { nil }
    func isOperator(_ d: Digest) -> Bool { false }
    func knowsKeys(of: Command) -> Bool { false }
    func knowsAnyKey(of: Command) -> Bool { false }
    func outcomeForUnknownKeys(_ c: Command) -> Outcome { .noted }
    func answer(_ q: Query, token: Digest?, at: Timestamp) -> QueryAnswer { .refused(.forbidden) }
}
struct Genesis { init(decoding: [UInt8]) throws(MalformedBytes) {} }
struct SnapshotEncoder: Sendable { mutating func nextChunk() -> [UInt8]? { nil } }
struct SnapshotDecoder: Sendable {
    mutating func append(_ c: [UInt8]) throws(MalformedBytes) {};
    func finish() throws(MalformedBytes) -> StateMachine { StateMachine() }
}
extension Raft { func logTimeNow(_ c: ClockReading) -> Timestamp { .epoch } }
