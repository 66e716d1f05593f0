import Basics
import Testing

@testable import Consensus

@Suite struct SettingsTests {
    @Test func `the defaults fit together and are those documented`() throws {
        let settings = RaftSettings()
        try settings.validate()
        #expect(settings.heartbeatInterval == .milliseconds(50))
        #expect(settings.electionTimeoutMinimum == .milliseconds(300))
        #expect(settings.electionTimeoutMaximum == .milliseconds(600))
    }

    @Test func `each contradiction names its field`() {
        let changes: [(String, (inout RaftSettings) -> Void)] = [
            ("heartbeatInterval", { $0.heartbeatInterval = .zero }),
            ("electionTimeoutMinimum", { $0.electionTimeoutMinimum = .milliseconds(149) }),
            ("electionTimeoutMaximum", { $0.electionTimeoutMaximum = .milliseconds(300) }),
            ("storageStallTimeout", { $0.storageStallTimeout = .milliseconds(299) }),
            ("transferDeadline", { $0.transferDeadline = .milliseconds(50) }),
            ("retryInterval", { $0.retryInterval = .milliseconds(49) }),
            ("maxInflightMessages", { $0.maxInflightMessages = 0 }),
            ("maxBytesPerAppend", { $0.maxBytesPerAppend = 0 }),
            ("maxInflightBytes", { $0.maxInflightBytes = 1 }),
            ("maxUncommittedBytes", { $0.maxUncommittedBytes = 1 }),
            ("maxBytesPerAppend", { $0.maxBytesPerAppend = 8 << 20 }),
            ("maxEntryBytes", { $0.maxEntryBytes = 0 }),
            ("maxEntryBytes", { $0.maxEntryBytes = Entry.payloadLimit + 1 }),
            ("snapshotChunkBytes", { $0.snapshotChunkBytes = 0 }),
            ("snapshotChunkBytes", { $0.snapshotChunkBytes = Message.chunkLimit + 1 }),
            ("retainedLogBytes", { $0.retainedLogBytes = -1 }),
            ("maxPendingReads", { $0.maxPendingReads = 0 }),
            ("clockTolerance", { $0.clockTolerance = .zero }),
            ("clockFreshness", { $0.clockFreshness = .milliseconds(99) }),
        ]
        for (field, change) in changes {
            var settings = RaftSettings()
            change(&settings)
            var found: String?
            do { try settings.validate() } catch { found = error.field }
            #expect(found == field)
        }
    }
}
