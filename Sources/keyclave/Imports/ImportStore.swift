import Basics
import HTTP
import Keyring
import KeyclaveClient

/// What an import asks of the cluster.
struct ImportStore {
    private var session: Session
    let account: String

    /// What is wrong with a key by what the store holds.
    struct Fault: Hashable {
        /// Of the rows that were asked about.
        var place: Int
        var code: String
        /// What the server says beside the code.
        var detail: String?

        var isTaken: Bool { code == ImportFault.digestTaken.code }
    }

    init?(_ session: Session) throws {
        var session = session
        guard let account = try session.account(isNeeded: true) else { return nil }
        var settings = session.client.settings
        // An entry of 10,000 keys takes its time, and sent again elsewhere it takes more.
        settings.silenceTimeout = settings.answerTimeout
        session.client = Client(endpoints: session.client.endpoints, settings: settings)
        self.session = session
        self.account = account
    }

    // MARK: - Before

    /// Everything that is wrong with these keys by what the store holds now, as if those before
    /// each were there; in the order of the rows.
    ///
    /// The keys of a user are asked about together, however far apart they stand, so that the caps
    /// on them are checked over the whole file.
    func faults(of rows: [ImportRow]) throws -> [Fault] {
        var faults: [Fault] = []
        var progress = Progress("checked", session.surroundings)
        var checked = 0
        for batch in try batches(rows) {
            let found = try check(batch.map { rows[$0] })
            checked += batch.count
            progress.tell(checked, of: rows.count, unit: "keys")
            faults += found.map { fault in
                Fault(place: batch[fault.place], code: fault.code, detail: fault.detail)
            }
        }
        return faults.sorted { $0.place < $1.place }
    }

    /// The places of the rows in as many lists as there are requests, each user's in one.
    private func batches(_ rows: [ImportRow]) throws -> [[Int]] {
        guard !ImportSize(of: rows).fitsCheck else { return [Array(rows.indices)] }
        var groups: [[Int]] = []
        var numbers: [String: Int] = [:]
        for (place, owner) in try owners(of: rows).enumerated() {
            if let number = numbers[owner] {
                groups[number].append(place)
            } else {
                numbers[owner] = groups.count
                groups.append([place])
            }
        }
        // A user's keys that no request takes are more than any cap allows, wherever they are cut.
        let pieces = groups.flatMap { group in
            ImportSize(of: group.lazy.map { rows[$0] }).fitsCheck
                ? [group] : Self.gathered(group.map { [$0] }, rows)
        }
        return Self.gathered(pieces, rows)
    }

    /// As many of these lists together as one request takes.
    private static func gathered(_ lists: [[Int]], _ rows: [ImportRow]) -> [[Int]] {
        var batches: [[Int]] = []
        var size = ImportSize()
        for list in lists {
            let own = ImportSize(of: list.lazy.map { rows[$0] })
            if batches.isEmpty || !(size + own).fitsCheck {
                batches.append([])
                size = ImportSize()
            }
            batches[batches.count - 1] += list
            size = size + own
        }
        return batches
    }

    /// Whose each key is, in one word for each user, whichever way the file names them.
    private func owners(of rows: [ImportRow]) throws -> [String] {
        let byID = rows.count { $0.namesUserByID }
        var ids: [String: String] = [:]
        if byID > 0, byID < rows.count {
            let path = "/v1/accounts/\(OperationRunner.percentEncoded(account))/users"
            try eachItem(of: path, saying: "looking for users") { item in
                guard let id = item["id"]?.string, let email = item["email"]?.string else {
                    throw ClientError.malformedAnswer("a user has no id or no address")
                }
                ids[Self.folded(email)] = id
            }
        }
        return rows.map { row in
            if row.namesUserByID { return row.user }
            let address = Self.folded(row.user)
            return ids[address] ?? address
        }
    }

    /// An address as the store compares them.
    private static func folded(_ address: String) -> String {
        String(decoding: EmailAddress(address)?.folded ?? Array(address.utf8), as: UTF8.self)
    }

    private func check(_ rows: [ImportRow]) throws -> [Fault] {
        let answer: JSONValue?
        do {
            answer = try session.send(
                ClientRequest(
                    method: .post, path: "/v1/imports?check=true",
                    authorization: try session.token(),
                    body: ImportPart(rows: rows).body(for: account), isSafe: true),
                saying: "checking"
            ).json()
        } catch ClientError.refused(let problem) {
            guard let place = Self.place(in: problem), place < rows.count else {
                throw ClientError.refused(problem)
            }
            return [Fault(place: place, code: problem.code, detail: problem.detail)]
        }
        return try Self.faults(answer, of: rows.count)
    }

    /// Of which key a problem speaks, as in `keys[12].name`.
    private static func place(in problem: Problem) -> Int? {
        guard let field = problem.members["field"]?.string,
            let digits = field.wholeMatch(of: /keys\[([0-9]+)\].*/)?.1
        else { return nil }
        return Int(digits)
    }

    /// Whatever isn't an answer to this question must not pass for one without faults.
    static func faults(_ answer: JSONValue?, of count: Int) throws(ClientError) -> [Fault] {
        guard let items = answer?["faults"]?.array, let told = answer?["fault_count"]?.number,
            answer?["keys"]?.number == UInt64(count)
        else { throw .malformedAnswer("a check of keys doesn't tell what is wrong with them") }
        guard told == UInt64(items.count) else {
            throw .malformedAnswer("of \(told) faults \(items.count) are told")
        }
        var faults: [Fault] = []
        for item in items {
            guard let place = item["place"]?.number, place < UInt64(count),
                let code = item["reason"]?.string
            else { throw .malformedAnswer("a fault of none of the \(count) keys") }
            faults.append(Fault(place: Int(place), code: code))
        }
        return faults
    }

    // MARK: - What is there

    /// For each of these keys, which are there, whether it is the very same: this account's, of
    /// the same user and API, and not revoked. Its name and state may have been changed since.
    func areTheSame(_ rows: [ImportRow]) throws -> [Bool] {
        var wanted: [String: [Int]] = [:]
        for (place, row) in rows.enumerated() { wanted[row.digest, default: []].append(place) }
        var same = [Bool](repeating: false, count: rows.count)
        let path = "/v1/exports?account=\(OperationRunner.percentEncoded(account))"
        try eachItem(of: path, saying: "comparing") { item in
            for place in item["digest"]?.string.flatMap({ wanted[$0] }) ?? [] {
                let row = rows[place]
                let owner = row.namesUserByID ? item["user_id"]?.string : item["user"]?.string
                same[place] =
                    owner.map(Self.folded) == Self.folded(row.user)
                    && item["api"]?.string == row.api && item["foreign"] == .bool(row.isForeign)
            }
        }
        return same
    }

    private func eachItem(
        of path: String, saying label: String, _ body: (JSONValue) throws -> Void
    ) throws {
        let first = path + (path.contains("?") ? "&" : "?") + "limit=1000"
        var cursor = ""
        while true {
            let answer = try session.send(
                ClientRequest(
                    method: .get, path: first + cursor, authorization: try session.token(),
                    isSafe: true), saying: label
            ).json()
            guard let items = answer?["items"]?.array else {
                throw ClientError.malformedAnswer("a list has no items")
            }
            for item in items { try body(item) }
            guard let next = answer?["next"]?.string else { return }
            cursor = "&cursor=" + OperationRunner.percentEncoded(next)
        }
    }

    // MARK: - The import

    /// Imports a part: all of it or nothing.
    ///
    /// - Returns: the log index at which its keys are there.
    func send(_ body: String, id: String) throws -> UInt64? {
        let answer = try session.send(
            ClientRequest(
                method: .post, path: "/v1/imports", authorization: try session.token(),
                body: body, idempotencyKey: id), saying: "importing")
        return answer.field("x-keyclave-index").flatMap { UInt64($0) }
    }

    /// The id of a part: the digest of what is sent. So the same part of the same file has the
    /// same id in every run, and nothing of it is done twice; another one can't be taken for it.
    ///
    /// - Parameter attempt: what the store remembers under an id may be a refusal, whose reason is
    ///   gone. Then another id is needed, and every run comes to the same.
    static func id(of body: String, given: String?, attempt: Int) -> String {
        SHA256.digest(of: Array("keyclave import \(given ?? "") \(attempt)\n\(body)".utf8)).hex
    }
}
