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

    @Test func `a journal that doesn't take every entry is found out at the start`() async {
        await #expect(processExitsWith: .failure) {
            var journal = JournalSettings()
            journal.maximumPayloadBytes -= 1
            NodeLimits.proveRelations(NodeSettings().raft, journal)
        }
    }
}
