import Consensus
import Journal
import Testing

@testable import Replica

@Suite struct NodeLimitsTests {
    @Test func `the limits of a node and of its parts agree`() throws {
        try NodeSettings().validate()
        try JournalSettings().validate()
        NodeLimits.proveRelations(NodeSettings().raft, JournalSettings())
        #expect(NodeSettings().raft.maxEntryBytes == JournalSettings().maximumPayloadBytes)
    }

    @Test func `a heartbeat that comes too seldom to renew the shortest lease is refused`() throws {
        var settings = NodeSettings()
        settings.raft.electionTimeoutMinimum = .seconds(1)
        settings.raft.electionTimeoutMaximum = .seconds(2)
        settings.raft.storageStallTimeout = .seconds(2)
        settings.raft.heartbeatInterval = .milliseconds(125)
        try settings.validate()
        settings.raft.heartbeatInterval = .milliseconds(126)
        var field: String?
        do throws(InvalidNodeSettings) { try settings.validate() } catch { field = error.field }
        #expect(field == "heartbeatInterval")
    }

    @Test func `a journal that doesn't take every entry is found out at the start`() async {
        await #expect(processExitsWith: .failure) {
            var journal = JournalSettings()
            journal.maximumPayloadBytes -= 1
            NodeLimits.proveRelations(NodeSettings().raft, journal)
        }
    }
}
