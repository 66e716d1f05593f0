import Basics
import HTTP
import KeyclaveClient

/// The bytes of a request to one endpoint, made once; what differs each time is written into its
/// place before each sending.
struct BenchRequest: Sendable {
    private static let noID = "00000000-0000-7000-8000-000000000000"

    let deed: BenchDeed
    private(set) var bytes: [UInt8]
    /// Where ids of charges stand, the first ones first; none in what changes nothing.
    private(set) var idPlaces: [Int] = []
    /// Where the key stands, if every request has another.
    private var keyPlace: Int?

    init(_ deed: BenchDeed, _ plan: BenchPlan, to endpoint: Endpoint) {
        self.deed = deed
        let key = String(decoding: plan.keys.sample, as: UTF8.self)
        let host = "\(endpoint.address)"
        var writer = RequestWriter()
        switch deed {
        case .validate:
            writer.begin(.get, "/v1/auth?api=\(plan.api)", host: host)
            writer.field("Authorization", "Bearer \(key)")
            writer.end()
        case .verify:
            writer.begin(.post, "/v1/verify", host: host)
            let question = JSONValue.object([
                .init("key", .string(key)), .init("api", .string(plan.api)),
            ])
            writer.end(json: Array(question.compactText.utf8))
        case .charge:
            writer.begin(.post, "/v1/charges", host: host)
            writer.field("Authorization", "Bearer \(key)")
            if plan.batch == 1 { writer.field("Idempotency-Key", Self.noID) }
            writer.end(json: Array(Self.charges(plan.batch).utf8))
        }
        bytes = writer.bytes
        if deed == .charge { findIDs(count: plan.batch) }
        if case .loaded = plan.keys {
            keyPlace = bytes.firstRange(of: plan.keys.sample)?.lowerBound
            precondition(keyPlace != nil, "a loaded key needs no escapes")
        }
    }

    private static func charges(_ count: Int) -> String {
        guard count > 1 else { return #"{"credits":1}"# }
        let charge = #"{"credits":1,"id":"\#(noID)"}"#
        return #"{"charges":["#
            + Array(repeating: charge, count: count).joined(separator: ",") + "]}"
    }

    /// All charges of a batch are equally long.
    private mutating func findIDs(count: Int) {
        let id = Array(Self.noID.utf8)
        guard let first = bytes.firstRange(of: id)?.lowerBound else {
            preconditionFailure("a charge without an id")
        }
        let rest = bytes[(first + id.count)...]
        let stride = count > 1 ? (rest.firstRange(of: id)?.lowerBound ?? first) - first : 0
        idPlaces = (0..<count).map { first + $0 * stride }
    }

    /// Appends the request, with fresh ids and the next key.
    func append(
        to buffer: inout [UInt8], id: inout BenchIDs, keys: inout BenchKeys.Draw,
        at time: Timestamp
    ) {
        let start = buffer.count
        buffer.append(contentsOf: bytes)
        for place in idPlaces { id.writeNext(into: &buffer, at: start + place, time: time) }
        if let keyPlace { keys.writeNext(into: &buffer, at: start + keyPlace) }
    }
}

/// What a thread sends to one endpoint.
struct BenchRequests: Sendable {
    private let look: BenchRequest
    private let charge: BenchRequest

    init(_ plan: BenchPlan, to endpoint: Endpoint) {
        look = BenchRequest(plan.work == .verify ? .verify : .validate, plan, to: endpoint)
        charge = BenchRequest(.charge, plan, to: endpoint)
    }

    subscript(deed: BenchDeed) -> BenchRequest { deed == .charge ? charge : look }
}
