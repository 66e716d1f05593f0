import Basics
import Consensus
import Journal
import Keyring

/// What a backup holds, read and checked as a whole.
///
/// Laws:
/// - It exists only of a file whose every byte was vouched for, and of a state whose every law
///   holds.
/// - Nodes that begin a cluster anew with the same backup, members and token come to the same
///   state at the same log index: they may be formatted on machines that don't know each other.
public struct BackupContents: Sendable {
    /// Nil for a bare snapshot file.
    public let header: BackupHeader?
    /// Of the cluster that it was taken from; 16 bytes.
    public let clusterID: [UInt8]
    /// Its members at that time.
    public let configuration: Configuration
    /// The last entry that the state reflects.
    public private(set) var last: LogPosition
    /// Tells this state, and where it was taken, from every other.
    public let digest: Digest
    /// Bytes of the file.
    public let byteCount: Int
    private var state: StateMachine

    /// A file that is being read, in pieces of any size.
    public struct Reading: Sendable {
        private var scanner = BackupScanner()
        private var decoder = StateDecoder()

        public init() {}

        /// Takes the bytes that come next.
        public mutating func take(_ bytes: [UInt8]) throws(BackupRefusal) {
            let offset = scanner.received
            let chunks = try scanner.take(bytes[...])
            if let version = scanner.header?.formatVersion, version != Identity.formatVersion {
                throw .otherFormat(version)
            }
            for chunk in chunks {
                do throws(MalformedBytes) {
                    try decoder.feed(Array(chunk))
                } catch {
                    throw .damaged(offset: offset, error.reason)
                }
            }
        }

        /// Everything was taken.
        public consuming func finish() throws(BackupRefusal) -> BackupContents {
            let digest = try scanner.finish()
            guard let description = scanner.description,
                let metadata = SnapshotMetadata(description)
            else { throw .damaged(offset: 0, "the configuration isn't one") }
            let state: StateMachine
            do throws(MalformedBytes) {
                state = try decoder.finish()
            } catch {
                throw .damaged(offset: 0, error.reason)
            }
            guard state.appliedIndex == metadata.lastIndex else {
                throw .damaged(offset: 0, "the state is of another entry")
            }
            return BackupContents(scanner, metadata, digest, state)
        }
    }

    private init(
        _ scanner: BackupScanner, _ metadata: SnapshotMetadata, _ digest: Digest,
        _ state: StateMachine
    ) {
        header = scanner.header
        clusterID = scanner.clusterID
        byteCount = scanner.received
        configuration = metadata.configuration
        last = metadata.position
        self.digest = digest
        self.state = state
    }

    /// The log's time at the last entry.
    public var time: Timestamp { state.time }
    public var summary: StateSummary { state.summary }

    /// Takes the step by which the state becomes another cluster's.
    public mutating func beginAnew(
        with token: StateMachine.NewOperator?
    ) throws(StateMachine.RestoringRefusal) {
        try state.beginAnew(with: token)
        last.index = state.appliedIndex
    }

    /// What a node of that cluster is formatted with.
    public func genesis(at time: Timestamp) -> Genesis { state.genesis(at: time) }

    /// Writes all of it into the directory of a node just formatted, a voter like all of `members`.
    ///
    /// - Parameter perform: performs the operations in order; a failure ends the attempt.
    /// - Returns: the failure, if there was one.
    public func write(
        into target: Recovery, members: [IdentityMember],
        settings: JournalSettings = JournalSettings(),
        perform: ([DiskOperation]) -> DiskFailure?
    ) -> DiskFailure? {
        let voters = members.map { member in
            Member(
                id: member.node, role: .voter, address: member.address,
                clientAddress: member.clientAddress)
        }
        let metadata = SnapshotMetadata(
            lastIndex: last.index, lastTerm: last.term, lastTime: state.time,
            configuration: Configuration(members: voters))
        return Transplant(state: state, metadata: metadata)
            .write(into: target, settings: settings, perform: perform)
    }
}
