import Basics
import Testing

@testable import Consensus

@Suite struct MessageTests {
    static let position = LogPosition(term: Term(3), index: LogIndex(9))
    static let metadata = SnapshotMetadata(
        lastIndex: LogIndex(9), lastTerm: Term(3), lastTime: Timestamp(milliseconds: 77),
        configuration: Configuration(voters: [NodeID(1), NodeID(2)], learners: [NodeID(3)]))

    /// One of each kind, optional fields with and without.
    static var examples: [Message] {
        let entries = [
            Entry(
                term: Term(3), index: LogIndex(10), time: Timestamp(milliseconds: 5), kind: .noop),
            Entry(
                term: Term(4), index: LogIndex(11), time: Timestamp(milliseconds: 6),
                kind: .command, payload: [1, 2, 3]),
            Entry(
                term: Term(4), index: LogIndex(12), time: Timestamp(milliseconds: 6), kind: .tick),
            Entry(
                term: Term(4), index: LogIndex(13), time: Timestamp(milliseconds: 6),
                kind: .configuration,
                payload: ConfigurationRecord(
                    configuration: metadata.configuration, note: [7]
                ).encode()),
        ]
        var messages: [Message] = [
            .voteReply(
                VoteReply(
                    term: Term(4), isPreVote: true, isGranted: false,
                    clock: Timestamp(milliseconds: -8))),
            .snapshotChunk(
                SnapshotChunk(
                    term: Term(4), round: 6, metadata: metadata, offset: 1 << 40, bytes: [9, 8],
                    isLast: true)),
            .snapshotReply(
                SnapshotReply(
                    term: Term(4), round: 6, snapshot: position, nextOffset: 512,
                    isDamaged: true)),
            .readRequest(ReadRequest(term: Term(4), id: .max)),
            .transfer(TransferRequest(term: Term(4))),
            .doubtQuestion(DoubtQuestion(term: Term(4), readable: .start, doubt: position)),
            .doubtAnswer(DoubtAnswer(term: Term(4), doubt: position, holds: true)),
        ]
        for ballot in Ballot.allCases {
            messages.append(
                .voteRequest(VoteRequest(term: Term(4), ballot: ballot, last: position)))
        }
        for repair in [nil, RepairTarget(run: 5, index: LogIndex(12))] {
            messages.append(
                .append(
                    AppendRequest(
                        term: Term(4), round: 1, session: 2, previous: position,
                        commit: LogIndex(8), repair: repair, entries: entries)))
        }
        for index in [nil, LogIndex(7)] {
            messages.append(.readReply(ReadReply(term: Term(4), id: 3, index: index)))
        }
        let outcomes: [AppendReply.Outcome] = [
            .accepted(match: LogIndex(4)), .rejected(previous: LogIndex(9), hint: position), .heard,
        ]
        for (outcome, standing) in zip(outcomes, StandingReport.allCases) {
            messages.append(
                .appendReply(
                    AppendReply(
                        term: Term(4), round: 1, session: 2, run: 3, outcome: outcome,
                        standing: standing, applied: LogIndex(2), clock: .epoch)))
        }
        return messages
    }

    static func bytes(_ message: Message) -> [UInt8] {
        var writer = ByteWriter()
        message.encode(into: &writer)
        return writer.bytes
    }

    @Test func `every message survives its encoding and leaves nothing over`() throws {
        for message in Self.examples {
            var reader = ByteReader(Self.bytes(message))
            #expect(try Message(from: &reader) == message)
            #expect(reader.isAtEnd)
            #expect(message.isPlausible, "\(message)")
        }
    }

    @Test func `the bytes of a message don't change between versions`() {
        let request = Message.voteRequest(
            VoteRequest(term: Term(4), ballot: .vote, last: Self.position))
        #expect(
            Self.bytes(request)
                == [1] + [4, 0, 0, 0, 0, 0, 0, 0] + [1]
                + [3, 0, 0, 0, 0, 0, 0, 0] + [9, 0, 0, 0, 0, 0, 0, 0])
    }

    @Test func `a message cut at any byte is malformed`() {
        for message in Self.examples {
            let bytes = Self.bytes(message)
            for count in 0..<bytes.count {
                var reader = ByteReader(bytes[..<count])
                #expect(throws: MalformedBytes.self) { try Message(from: &reader) }
            }
        }
    }

    @Test func `an entry beyond the one limit of entries is malformed`() throws {
        for (excess, isMalformed) in [(0, false), (1, true)] {
            var request = PlausibilityTests.append(entries: [(2, 1)])
            request.entries[0].payload = Array(repeating: 7, count: Entry.payloadLimit + excess)
            var reader = ByteReader(Self.bytes(.append(request)))
            if isMalformed {
                #expect(throws: MalformedBytes.self) { try Message(from: &reader) }
            } else {
                #expect(try Message(from: &reader) == .append(request))
            }
            #expect(Message.append(request).isPlausible != isMalformed)
        }
    }

    @Test func `garbage and flipped bits never trap`() {
        var generator = SeededGenerator(seed: 3)
        var understood = 0
        for round in 0..<4000 {
            var bytes = Self.bytes(Self.examples[round % Self.examples.count])
            if round % 3 == 0 {
                bytes = (0..<generator.below(80)).map { _ in UInt8(generator.below(14)) }
            } else {
                let place = Int(generator.below(UInt64(bytes.count)))
                bytes[place] ^= 1 << UInt8(generator.below(8))
            }
            var reader = ByteReader(bytes)
            guard let message = try? Message(from: &reader) else { continue }
            understood += message.isPlausible ? 1 : 0
        }
        #expect(understood > 500)
    }

    @Test func `a count beyond the limit is refused before anything is allocated`() {
        var writer = ByteWriter()
        let request = AppendRequest(
            term: Term(1), round: 0, session: 0, previous: .start, commit: .zero, repair: nil,
            entries: [])
        Message.append(request).encode(into: &writer)
        writer.overwrite(UInt32.max, at: writer.count - 4)
        var reader = ByteReader(writer.bytes)
        #expect(throws: MalformedBytes("4294967295 entries")) { try Message(from: &reader) }
    }
}
