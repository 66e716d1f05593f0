import Basics

// Type byte, term, then the fields in the order of their declaration, in the encoding of
// `ByteWriter`. The type bytes never change.
extension Message {
    /// Most bytes that a snapshot chunk in a message may have.
    public static let chunkLimit = 4 << 20
    /// Most entries that one message may carry.
    public static let entryLimit = 1 << 16

    private enum Code {
        static let voteRequest: UInt8 = 1
        static let voteReply: UInt8 = 2
        static let append: UInt8 = 3
        static let appendReply: UInt8 = 4
        static let snapshotChunk: UInt8 = 5
        static let snapshotReply: UInt8 = 6
        static let readRequest: UInt8 = 7
        static let readReply: UInt8 = 8
        static let transfer: UInt8 = 9
        static let doubtQuestion: UInt8 = 10
        static let doubtAnswer: UInt8 = 11
    }

    private var code: UInt8 {
        switch self {
        case .voteRequest: Code.voteRequest
        case .voteReply: Code.voteReply
        case .append: Code.append
        case .appendReply: Code.appendReply
        case .snapshotChunk: Code.snapshotChunk
        case .snapshotReply: Code.snapshotReply
        case .readRequest: Code.readRequest
        case .readReply: Code.readReply
        case .transfer: Code.transfer
        case .doubtQuestion: Code.doubtQuestion
        case .doubtAnswer: Code.doubtAnswer
        }
    }

    public func encode(into writer: inout ByteWriter) {
        writer.write(code)
        writer.write(term.rawValue)
        switch self {
        case .voteRequest(let message): message.encodeFields(into: &writer)
        case .voteReply(let message): message.encodeFields(into: &writer)
        case .append(let message): message.encodeFields(into: &writer)
        case .appendReply(let message): message.encodeFields(into: &writer)
        case .snapshotChunk(let message): message.encodeFields(into: &writer)
        case .snapshotReply(let message): message.encodeFields(into: &writer)
        case .readRequest(let message): writer.write(message.id)
        case .readReply(let message):
            writer.write(message.id)
            writer.write(message.index)
        case .transfer: break
        case .doubtQuestion(let message):
            writer.write(message.readable)
            writer.write(message.doubt)
        case .doubtAnswer(let message):
            writer.write(message.doubt)
            writer.write(message.holds)
        }
    }

    /// Reads one message and leaves the reader behind it. Throws for anything `encode` can't have
    /// written; whether the message makes sense is for `Raft` to judge.
    public init(from reader: inout ByteReader) throws(MalformedBytes) {
        let code = try reader.readUInt8()
        let term = Term(try reader.readUInt64())
        switch code {
        case Code.voteRequest: self = .voteRequest(try VoteRequest(term, from: &reader))
        case Code.voteReply: self = .voteReply(try VoteReply(term, from: &reader))
        case Code.append: self = .append(try AppendRequest(term, from: &reader))
        case Code.appendReply: self = .appendReply(try AppendReply(term, from: &reader))
        case Code.snapshotChunk: self = .snapshotChunk(try SnapshotChunk(term, from: &reader))
        case Code.snapshotReply: self = .snapshotReply(try SnapshotReply(term, from: &reader))
        case Code.readRequest:
            self = .readRequest(ReadRequest(term: term, id: try reader.readUInt64()))
        case Code.readReply:
            let id = try reader.readUInt64()
            self = .readReply(ReadReply(term: term, id: id, index: try reader.readOptionalIndex()))
        case Code.transfer: self = .transfer(TransferRequest(term: term))
        case Code.doubtQuestion:
            let readable = try reader.readLogPosition()
            let doubt = try reader.readLogPosition()
            self = .doubtQuestion(DoubtQuestion(term: term, readable: readable, doubt: doubt))
        case Code.doubtAnswer:
            let doubt = try reader.readLogPosition()
            self = .doubtAnswer(
                DoubtAnswer(term: term, doubt: doubt, holds: try reader.readBool()))
        default: throw MalformedBytes("message of type \(code)")
        }
    }
}

extension VoteRequest {
    fileprivate func encodeFields(into writer: inout ByteWriter) {
        writer.write(ballot.rawValue)
        writer.write(last)
    }

    fileprivate init(_ term: Term, from reader: inout ByteReader) throws(MalformedBytes) {
        self.term = term
        ballot = try reader.readCase(of: Ballot.self)
        last = try reader.readLogPosition()
    }
}

extension VoteReply {
    fileprivate func encodeFields(into writer: inout ByteWriter) {
        writer.write(isPreVote)
        writer.write(isGranted)
        writer.write(clock.milliseconds)
    }

    fileprivate init(_ term: Term, from reader: inout ByteReader) throws(MalformedBytes) {
        self.term = term
        isPreVote = try reader.readBool()
        isGranted = try reader.readBool()
        clock = Timestamp(milliseconds: try reader.readInt64())
    }
}

extension AppendRequest {
    fileprivate func encodeFields(into writer: inout ByteWriter) {
        writer.write(round)
        writer.write(session)
        writer.write(previous)
        writer.write(commit.rawValue)
        writer.write(repair != nil)
        if let repair {
            writer.write(repair.run)
            writer.write(repair.index.rawValue)
        }
        writer.write(UInt32(entries.count))
        for entry in entries {
            // The index follows from the place.
            writer.write(entry.term.rawValue)
            writer.write(entry.time.milliseconds)
            writer.write(entry.kind.rawValue)
            writer.writeBytes(entry.payload)
        }
    }

    fileprivate init(_ term: Term, from reader: inout ByteReader) throws(MalformedBytes) {
        self.term = term
        round = try reader.readUInt64()
        session = try reader.readUInt64()
        previous = try reader.readLogPosition()
        commit = LogIndex(try reader.readUInt64())
        if try reader.readBool() {
            let run = try reader.readUInt64()
            repair = RepairTarget(run: run, index: LogIndex(try reader.readUInt64()))
        }
        let count = Int(try reader.readUInt32())
        guard count <= Message.entryLimit else { throw MalformedBytes("\(count) entries") }
        entries = []
        var index = previous.index
        for _ in 0..<count {
            index = index.next
            let entryTerm = Term(try reader.readUInt64())
            let time = Timestamp(milliseconds: try reader.readInt64())
            let kind = try reader.readCase(of: EntryKind.self)
            let payload = [UInt8](try reader.readBytes(limit: Entry.payloadLimit))
            entries.append(
                Entry(term: entryTerm, index: index, time: time, kind: kind, payload: payload))
        }
    }
}

extension AppendReply {
    fileprivate func encodeFields(into writer: inout ByteWriter) {
        writer.write(round)
        writer.write(session)
        writer.write(run)
        switch outcome {
        case .accepted(let match):
            writer.write(UInt8(0))
            writer.write(match.rawValue)
        case .rejected(let previous, let hint):
            writer.write(UInt8(1))
            writer.write(previous.rawValue)
            writer.write(hint)
        case .heard:
            writer.write(UInt8(2))
        case .needsSnapshot:
            writer.write(UInt8(3))
        }
        writer.write(standing.rawValue)
        writer.write(applied.rawValue)
        writer.write(clock.milliseconds)
    }

    fileprivate init(_ term: Term, from reader: inout ByteReader) throws(MalformedBytes) {
        self.term = term
        round = try reader.readUInt64()
        session = try reader.readUInt64()
        run = try reader.readUInt64()
        switch try reader.readUInt8() {
        case 0: outcome = .accepted(match: LogIndex(try reader.readUInt64()))
        case 1:
            let previous = LogIndex(try reader.readUInt64())
            outcome = .rejected(previous: previous, hint: try reader.readLogPosition())
        case 2: outcome = .heard
        case 3: outcome = .needsSnapshot
        case let code: throw MalformedBytes("append outcome \(code)")
        }
        standing = try reader.readCase(of: StandingReport.self)
        applied = LogIndex(try reader.readUInt64())
        clock = Timestamp(milliseconds: try reader.readInt64())
    }
}

extension SnapshotChunk {
    fileprivate func encodeFields(into writer: inout ByteWriter) {
        writer.write(round)
        metadata.encode(into: &writer)
        writer.write(offset)
        writer.writeBytes(bytes)
        writer.write(isLast)
    }

    fileprivate init(_ term: Term, from reader: inout ByteReader) throws(MalformedBytes) {
        self.term = term
        round = try reader.readUInt64()
        metadata = try SnapshotMetadata(from: &reader)
        offset = try reader.readUInt64()
        bytes = [UInt8](try reader.readBytes(limit: Message.chunkLimit))
        isLast = try reader.readBool()
    }
}

extension SnapshotReply {
    fileprivate func encodeFields(into writer: inout ByteWriter) {
        writer.write(round)
        writer.write(snapshot)
        writer.write(nextOffset)
        writer.write(isDamaged)
    }

    fileprivate init(_ term: Term, from reader: inout ByteReader) throws(MalformedBytes) {
        self.term = term
        round = try reader.readUInt64()
        snapshot = try reader.readLogPosition()
        nextOffset = try reader.readUInt64()
        isDamaged = try reader.readBool()
    }
}

extension ByteWriter {
    fileprivate mutating func write(_ position: LogPosition) {
        write(position.term.rawValue)
        write(position.index.rawValue)
    }

    fileprivate mutating func write(_ index: LogIndex?) {
        write(index != nil)
        if let index { write(index.rawValue) }
    }
}

extension ByteReader {
    fileprivate mutating func readLogPosition() throws(MalformedBytes) -> LogPosition {
        let term = Term(try readUInt64())
        return LogPosition(term: term, index: LogIndex(try readUInt64()))
    }

    fileprivate mutating func readOptionalIndex() throws(MalformedBytes) -> LogIndex? {
        try readBool() ? LogIndex(try readUInt64()) : nil
    }

    fileprivate mutating func readCase<Case: RawRepresentable<UInt8>>(
        of type: Case.Type
    ) throws(MalformedBytes) -> Case {
        let code = try readUInt8()
        guard let value = Case(rawValue: code) else { throw MalformedBytes("\(type) \(code)") }
        return value
    }
}
