import Foundation

extension Keyclave {
    private struct Snapshot: Decodable { var index: UInt64 }

    /// Has one node write a snapshot, waits until it is whole, and says how far in the log it goes.
    @discardableResult
    func writeSnapshot(at number: Int) throws -> UInt64 {
        try ask(Snapshot.self, ["cluster", "snapshot"], at: number, within: .seconds(600)).index
    }

    /// The bytes of a node's newest snapshot: it bears its own name once it is whole.
    func newestSnapshotSize(ofNode number: Int) throws -> Double {
        let data = nodes[number].directory + "/data"
        let names = try FileManager.default.contentsOfDirectory(atPath: data)
            .filter { $0.hasPrefix("snapshot-") }
        let files = try names.map { name in
            try FileManager.default.attributesOfItem(atPath: "\(data)/\(name)")
        }
        let newest = files.max {
            $0[.modificationDate] as? Date ?? .distantPast
                < $1[.modificationDate] as? Date ?? .distantPast
        }
        guard let size = newest?[.size] as? NSNumber else {
            throw Trouble("a node wrote no snapshot")
        }
        return size.doubleValue
    }
}
