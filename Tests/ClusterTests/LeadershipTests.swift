import Basics
import Testing

extension RealProcesses {
    @Suite struct Leadership {
        @Test func `leadership goes to the node named, whichever node is asked`() throws {
            try TestCluster.run { cluster in
                let leader = try cluster.leader()
                let others = cluster.nodes.filter { $0.id != leader.id }
                // Asked for at the node that is to lead, at the one that leads, and at a third.
                for (target, asked) in [
                    (others[0], others[0]), (leader, others[0]), (others[1], others[0]),
                ] {
                    let request = Request(
                        "POST", "/v1/cluster/transfer-leadership", token: cluster.operatorToken,
                        json: #"{"to": "\#(target.id)"}"#)
                    _ = try asked.send(request).orThrow("leadership for \(target.id)")
                    #expect(try cluster.leader().id == target.id)
                }
            }
        }
    }
}
