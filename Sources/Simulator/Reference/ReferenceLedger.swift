import Basics
import Keyring

/// What was answered under which id: one array, looked through from its beginning.
struct ReferenceLedger {
    enum Content: Equatable {
        case charge(KeyID, UInt64)
        case digest(Digest)
        case hold(HoldContent)
    }

    struct HoldContent: Equatable {
        var verb: String
        var hold: IdempotencyKey
        var key: KeyID?
        var user: UserID?
        var credits: UInt64?
        var timeout: UInt64?
    }

    enum Answer {
        case charge(ChargeOutcome)
        case change(Outcome)
    }

    struct Record {
        var scope: AccountID
        var id: IdempotencyKey
        var request: RequestID
        var position: Int
        var content: Content
        var answer: Answer
        /// For free-form ids.
        var expiry: Timestamp
    }

    struct RequestRecord {
        var request: RequestID
        var position: Int
        var outcome: Outcome
        var expiry: Timestamp
    }

    var records: [Record] = []
    var requests: [RequestRecord] = []
    var floor: (high: UInt64, low: UInt64) = (0, 0)
    var newestExpiry = Timestamp.epoch
    var newestRequestExpiry = Timestamp.epoch

    func isBelowFloor(_ id: IdempotencyKey) -> Bool {
        guard case .uuidV7(let high, let low) = id else { return false }
        return (high, low) <= floor
    }

    mutating func pass(_ time: Timestamp, _ settings: ClusterSettings) {
        let horizon = time.milliseconds - Int64(settings.idempotencySeconds) * 1000
        if horizon >= 0 {
            floor = max(floor, (UInt64(horizon) << 16 + 0xffff, UInt64.max)) { $0 < $1 }
        }
        drop(settings)
        let floor = floor
        records.removeAll { record in
            guard case .uuidV7(let high, let low) = record.id else { return record.expiry <= time }
            return (high, low) <= floor
        }
        requests.removeAll { $0.expiry <= time }
    }

    private func max(
        _ left: (high: UInt64, low: UInt64), _ right: (UInt64, UInt64),
        _ isLess: ((UInt64, UInt64), (UInt64, UInt64)) -> Bool
    ) -> (high: UInt64, low: UInt64) {
        isLess(left, right) ? right : left
    }

    /// Holds the number of UUIDs: the least go.
    private mutating func drop(_ settings: ClusterSettings) {
        while records.count > Int(settings.uuidRecords) {
            let timed = records.compactMap { record -> (UInt64, UInt64)? in
                guard case .uuidV7(let high, let low) = record.id, !isBelowFloor(record.id)
                else { return nil }
                return (high, low)
            }
            guard timed.count > Int(settings.uuidRecords),
                let least = timed.min(by: { $0 < $1 })
            else { return }
            floor = least
        }
    }

    func find(_ scope: AccountID, _ id: IdempotencyKey, _ time: Timestamp) -> Record? {
        guard !isBelowFloor(id) else { return nil }
        return records.last {
            guard $0.scope == scope, $0.id == id else { return false }
            if case .freeForm = id { return time < $0.expiry }
            return true
        }
    }

    /// Why an id can't be used for something new.
    func refusal(
        _ scope: AccountID, _ id: IdempotencyKey, isKnown: Bool, _ time: Timestamp,
        _ settings: ClusterSettings
    ) -> Refusal? {
        if isBelowFloor(id) { return .idempotencyTooOld }
        if isKnown { return .idempotencyConflict }
        if let own = id.time {
            return own.milliseconds > time.milliseconds + 300_000 ? .idempotencyTooNew : nil
        }
        let live = records.count {
            guard case .freeForm = $0.id else { return false }
            return $0.scope == scope && time < $0.expiry
        }
        return live >= Int(settings.freeFormRecordsPerAccount) ? .idempotencyCapacity : nil
    }

    mutating func keep(
        _ scope: AccountID, _ id: IdempotencyKey, _ request: RequestID, _ position: Int,
        _ content: Content, _ answer: Answer, _ time: Timestamp, _ settings: ClusterSettings
    ) {
        let due = time + .seconds(Int64(settings.idempotencySeconds))
        if case .freeForm = id { newestExpiry = newestExpiry < due ? due : newestExpiry }
        records.append(
            Record(
                scope: scope, id: id, request: request, position: position, content: content,
                answer: answer, expiry: newestExpiry))
        drop(settings)
        // In place: a filtered copy took 2 % of a run.
        let floor = floor
        records.removeAll { record in
            guard case .uuidV7(let high, let low) = record.id else { return false }
            return (high, low) <= floor
        }
    }

    mutating func keepRequest(
        _ request: RequestID, _ position: Int, _ outcome: Outcome, _ time: Timestamp,
        _ settings: ClusterSettings
    ) {
        let due = time + .seconds(Int64(settings.requestSeconds))
        newestRequestExpiry = newestRequestExpiry < due ? due : newestRequestExpiry
        requests.append(
            RequestRecord(
                request: request, position: position, outcome: outcome,
                expiry: newestRequestExpiry))
        while requests.count > Int(settings.requestRecords) { requests.removeFirst() }
    }

    func ownOutcome(_ request: RequestID, _ time: Timestamp) -> Outcome? {
        requests.last { $0.request == request && $0.position == 0 && time < $0.expiry }?.outcome
    }

    func ownRefusal(_ request: RequestID, _ position: Int, _ time: Timestamp) -> Refusal? {
        let found = requests.last {
            $0.request == request && $0.position == position && time < $0.expiry
        }
        guard case .refused(let refusal) = found?.outcome else { return nil }
        return refusal
    }
}
