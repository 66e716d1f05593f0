import Basics
import Consensus
import Journal
import Keyring

/// What a node is made of when its process starts.
public struct NodeStart: Sendable {
    /// What the data directory holds.
    public var directory: NodeRecovery
    public var settings: NodeSettings
    public var journalSettings: JournalSettings
    /// One cluster secret, or two during a rotation.
    public var secrets: [[UInt8]]
    /// 32 fresh random bytes: every nonce, request id and time-out is derived from them.
    public var entropy: Digest
    @_spi(Simulation) public var frameCodes = FrameCodes.authentic

    public init(
        directory: NodeRecovery, settings: NodeSettings = NodeSettings(),
        journalSettings: JournalSettings = JournalSettings(), secrets: [[UInt8]], entropy: Digest
    ) {
        self.directory = directory
        self.settings = settings
        self.journalSettings = journalSettings
        self.secrets = secrets
        self.entropy = entropy
    }
}

/// Why a node can't start from what its directory holds.
public enum NodeStartRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// Its votes are lost: under this id it can never be trusted again. It is to be removed from
    /// the cluster, and to join anew under another id.
    case votesLost(Corruption)
    /// The end of the log, through this position, can't be read, and there is no other member to
    /// tell whether it was ever acknowledged: cut or kept, either might be wrong.
    case doubtUnsettled(JournalPosition)
    /// Something acknowledged is lost, and there is no other member to restore it from.
    case lossIrreparable(Corruption)
    /// The identity's genesis can't be read.
    case genesisUnreadable(MalformedBytes)
    /// The snapshot is whole as a file, and yet no state of this version.
    case snapshotUnreadable(String)
    /// An entry of the log isn't of this version.
    case entryUnreadable(MalformedBytes)

    public var description: String {
        switch self {
        case .votesLost(let corruption):
            "the record of this node's votes is damaged (\(corruption)); remove the node from "
                + "the cluster and let it join anew under another id"
        case .doubtUnsettled(let position):
            "the last write of the log, through entry \(position.index) of term "
                + "\(position.term), can't be read: it was cut short before it was acknowledged, "
                + "or damaged since, and this only member has nobody to ask which; restore the "
                + "directory from a copy, or format a new one"
        case .lossIrreparable(let corruption):
            "acknowledged data is lost (\(corruption)), and this only member has nobody to "
                + "restore it from; restore the directory from a copy, or format a new one"
        case .genesisUnreadable(let error): "the genesis can't be read: \(error)"
        case .snapshotUnreadable(let error): "the snapshot can't be read: \(error)"
        case .entryUnreadable(let error): "the log can't be read: \(error)"
        }
    }
}

extension Node {
    /// Goes on where the directory's last process ended. Nothing is done or answered before the
    /// first disk batch, which makes what was read durable, is reported done.
    public init(_ start: NodeStart, clock: ClockReading) throws(NodeStartRefusal) {
        NodeLimits.proveRelations(start.settings.raft, start.journalSettings)
        let recovery = start.directory.recovery
        if case .corrupt(let corruption) = recovery.verdict, corruption.part == .hardState {
            throw .votesLost(corruption)
        }
        let identity = recovery.identity
        var entropy = EntropyStream(seed: start.entropy)
        id = identity.node
        clusterID = identity.clusterID
        settings = start.settings
        table = KeyTable()
        state = try Self.state(from: start.directory)
        raft = Raft(
            start: try Self.raftStart(from: recovery), settings: start.settings.raft,
            entropy: entropy.split(), clock: clock)
        if raft.configuration.members.map(\.id) == [identity.node] {
            try Self.refuseAlone(recovery.verdict)
        }
        raft.applied = state.appliedIndex
        journal = WriteAheadLog(from: recovery, settings: start.journalSettings)
        store = SnapshotStore(from: recovery)
        hardState = recovery.hardState
        var credentials = PeerCredentials(cluster: identity.clusterID, secrets: start.secrets)
        credentials.codes = start.frameCodes
        links = PeerLinks(
            local: PeerIdentity(node: identity.node, incarnation: identity.incarnation),
            address: identity.members.first { $0.node == identity.node }?.address ?? "",
            known: recovery.hardState.peers, credentials: credentials, settings: start.settings,
            entropy: entropy.split())
        nextLastUsedReport = clock.now + start.settings.lastUsedInterval
        keyChanges = Self.keyChanges(in: raft, after: state.appliedIndex)
        self.entropy = entropy
        self.clock = clock
        Self.fill(table, from: &state, blocking: keyChanges)
        if leaseTimes.duration == .zero { confirm() }
        followMembers()
        keepIncarnations()
        #if MUTANTS
        if PlantedBug.isOn(.leaseAcrossRestart) { takeOverLeases() }
        #endif
    }

    /// A lone voter that isn't whole would stay so for ever: nobody can repair or answer it.
    private static func refuseAlone(_ verdict: Verdict) throws(NodeStartRefusal) {
        switch verdict {
        case .whole, .torn: return
        case .inDoubt(let position): throw .doubtUnsettled(position)
        case .corrupt(let corruption): throw .lossIrreparable(corruption)
        }
    }

    static func state(
        from directory: NodeRecovery
    ) throws(NodeStartRefusal) -> StateMachine {
        switch directory.snapshot {
        case .success(let state): return state
        case .failure(let error): throw .snapshotUnreadable("\(error)")
        case nil: break
        }
        // A node that joins has none; nothing is asked of it before a snapshot has come.
        let genesis = directory.recovery.identity.genesis
        if genesis.isEmpty { return StateMachine(genesis: .blank) }
        do {
            return StateMachine(genesis: try Genesis(decoding: genesis))
        } catch {
            throw .genesisUnreadable(error)
        }
    }

    /// The members before the first entry of the log: the snapshot's, or those who formed the
    /// cluster; of a node that joins, none.
    static func firstConfiguration(
        of recovery: Recovery
    ) throws(NodeStartRefusal) -> Configuration {
        if let snapshot = recovery.snapshot {
            guard let metadata = SnapshotMetadata(snapshot.description) else {
                throw .snapshotUnreadable("the configuration isn't one")
            }
            return metadata.configuration
        }
        let founders = recovery.identity.genesis.isEmpty ? [] : recovery.identity.members
        return Configuration(
            members: founders.map { member in
                Member(
                    id: member.node, role: .voter, address: member.address,
                    clientAddress: member.clientAddress)
            })
    }

    private static func raftStart(
        from recovery: Recovery
    ) throws(NodeStartRefusal) -> RaftStart {
        let identity = recovery.identity
        let configuration = try firstConfiguration(of: recovery)
        var entries: [Entry] = []
        entries.reserveCapacity(recovery.records.count)
        do throws(MalformedBytes) {
            for record in recovery.records { entries.append(try Entry(record)) }
        } catch {
            throw .entryUnreadable(error)
        }
        return RaftStart(
            id: identity.node, configuration: configuration,
            hardState: HardState(recovery.hardState),
            snapshot: recovery.snapshot.flatMap { SnapshotMetadata($0.description) },
            entries: entries,
            standing: Standing(recovery.verdict), isBlank: identity.genesis.isEmpty)
    }
}

extension Standing {
    init(_ verdict: Verdict) {
        switch verdict {
        case .whole, .torn: self = .whole
        case .inDoubt(let position): self = .inDoubt(term: position.term, index: position.index)
        case .corrupt: self = .damaged
        }
    }
}
