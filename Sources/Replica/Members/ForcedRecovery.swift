import Basics
import Consensus
import Journal
import Keyring

/// What one data directory can bring into a new cluster when the majority of the old one is lost.
///
/// Everything that its log holds counts as decided: that a change was committed can't be known
/// without the others, and one that was never answered may be among them. What the others had
/// decided and this log lacks is lost.
public struct ForcedRecovery: Sendable {
    /// The members as the log has them.
    public let configuration: Configuration
    /// The last entry that is there.
    public let last: LogPosition
    private let state: StateMachine

    /// Reads all of it. Throws if the directory isn't whole, or a state of this version.
    public init(_ directory: NodeRecovery) throws(NodeStartRefusal) {
        let recovery = directory.recovery
        switch recovery.verdict {
        case .whole, .torn: break
        case .inDoubt(let position): throw .doubtUnsettled(position)
        case .corrupt(let corruption): throw .lossIrreparable(corruption)
        }
        var state = try Node.state(from: directory)
        var configuration = try Node.firstConfiguration(of: recovery)
        var last = recovery.snapshot.map { LogPosition($0.description.last) } ?? .start
        var changes: [TableChange] = []
        for record in recovery.records where record.index > last.index {
            let entry: Entry
            do throws(MalformedBytes) {
                entry = try Entry(record)
            } catch {
                throw .entryUnreadable(error)
            }
            configuration = entry.configuration ?? configuration
            if let command = entry.command {
                _ = state.apply(command, at: entry.index, time: entry.time, changes: &changes)
            } else {
                state.advance(to: entry.index, time: entry.time, changes: &changes)
            }
            changes.removeAll(keepingCapacity: true)
            last = LogPosition(term: entry.term, index: entry.index)
        }
        guard last > .start else {
            throw .snapshotUnreadable("the node hasn't received anything yet")
        }
        self.state = state
        self.configuration = configuration
        self.last = last
    }

    /// The log's time at the last entry.
    public var time: Timestamp { state.time }
    /// For how long a node of the old cluster may have gone on answering by itself.
    public var wait: Duration { .milliseconds(Int64(state.settings.leaseWaitMilliseconds)) }
    public var accountCount: Int { state.accountCount }
    public var keyCount: Int { state.keyCount }
    public var summary: StateSummary { state.summary }

    /// Writes all of it into the directory of a node just formatted, the only member of the new
    /// cluster. Those of the old one can't come back: their ids are spent.
    ///
    /// - Parameter perform: performs the operations in order; a failure ends the attempt.
    /// - Returns: the failure, if there was one.
    public func write(
        into target: Recovery, as member: Member, settings: JournalSettings = JournalSettings(),
        perform: ([DiskOperation]) -> DiskFailure?
    ) -> DiskFailure? {
        let metadata = SnapshotMetadata(
            lastIndex: last.index, lastTerm: last.term, lastTime: state.time,
            configuration: configuration(after: member))
        return Transplant(state: state, metadata: metadata)
            .write(into: target, settings: settings, perform: perform)
    }

    private func configuration(after member: Member) -> Configuration {
        var former = configuration.former.map(\.id) + configuration.members.map(\.id)
        former.removeAll { $0 == member.id }
        return Configuration(
            members: [member], former: former.map { FormerMember(id: $0, isDrained: true) })
    }
}

extension Entry {
    /// What the state machine is to do: the command, or what it notes of a change of the members.
    var command: [UInt8]? {
        switch kind {
        case .command: return payload
        case .configuration:
            guard let note = (try? ConfigurationRecord(decoding: payload))?.note, !note.isEmpty
            else { return nil }
            return note
        case .noop, .tick: return nil
        }
    }
}

extension LogPosition {
    init(_ position: JournalPosition) { self.init(term: position.term, index: position.index) }
}
