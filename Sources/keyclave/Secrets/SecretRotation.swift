/// A change of the cluster secret while the cluster serves, as one node sees it. Secrets are named
/// by their fingerprints.
///
/// Three rounds over all nodes, so that at every moment any two nodes share a secret that one of
/// them presents and the other accepts:
///
/// 1. accept the new one beside the old;
/// 2. present the new one, and still accept the old;
/// 3. accept the new one alone.
///
/// A node takes a step only when it has seen that every other has taken the one before.
struct SecretRotation: Hashable {
    /// Another member, as this node's links and what it says tell of it.
    struct Other: Hashable {
        var id: String
        /// Empty if it has said nothing: then it has one, the one that it presents.
        var accepted: [String]
        /// Nil if it has no link to this node.
        var presented: String?
        /// The secret under which this node's own link to it stands.
        var linked: String?

        /// Whether its link to this node stands.
        var isHeard: Bool { presented != nil }

        func accepts(_ secret: String) -> Bool {
            accepted.contains(secret) || presented == secret
        }
    }

    enum Step: Hashable {
        case accept, present, retire
        /// It is these nodes' turn.
        case wait([String])
        case complete
        /// The node's file holds something else.
        case refused
    }

    /// In the node's file, the presented one first.
    var own: [String]
    var new: String
    var others: [Other]
    /// Nodes that don't run, whose files must be seen to before they do.
    var absent: [String] = []

    private var present: [Other] { others.filter { !absent.contains($0.id) } }

    var step: Step {
        switch own {
        case [new]:
            let behind = present.filter { $0.presented != new || $0.accepted.count > 1 }
            return behind.isEmpty ? .complete : .wait(behind.map(\.id))
        case _ where own.count == 1: return .accept
        case _ where own.last == new:
            let behind = present.filter { !$0.accepts(new) }
            return behind.isEmpty ? .present : .wait(behind.map(\.id))
        case _ where own.first == new:
            let behind = present.filter { $0.presented != new || $0.linked != new }
            return behind.isEmpty ? .retire : .wait(behind.map(\.id))
        default: return .refused
        }
    }

    /// Whether somebody has begun, here or elsewhere.
    static func isUnderWay(_ own: [String], _ others: [Other]) -> Bool {
        own.count > 1
            || others.contains {
                $0.accepted.count > 1 || $0.presented.map { !own.contains($0) } ?? false
            }
    }

    /// Who should run and can't be heard: a change may have been begun there.
    static func silent(_ others: [Other], absent: [String]) -> [String] {
        others.filter { !$0.isHeard && !absent.contains($0.id) }.map(\.id)
    }
}
