import Foundation

/// A fresh directory, removed with everything in it when the test is over.
final class TemporaryDirectory {
    let path: String

    init() throws {
        let place = FileManager.default.temporaryDirectory
            .appending(path: "keyclave-server-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: false)
        path = place.path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// The names in it or in a directory below it.
    func names(_ below: String = "") throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path + below).sorted()
    }

    func bytes(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(filePath: "\(path)/\(name)")))
    }
}
