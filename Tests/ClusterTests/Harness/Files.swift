import Foundation

/// Files of a test, by absolute path.
enum Files {
    static func makeTemporaryDirectory() throws -> String {
        var template = Array("/tmp/keyclave-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw TimedOut(what: "a directory in /tmp") }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    static func makeDirectory(_ path: String) throws {
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
    }

    static func write(_ text: String, to path: String) throws {
        try write(Array(text.utf8), to: path)
    }

    static func write(_ bytes: [UInt8], to path: String) throws {
        let made = FileManager.default.createFile(
            atPath: path, contents: Data(bytes), attributes: [.posixPermissions: 0o600])
        if !made { throw TimedOut(what: "writing \(path)") }
    }

    static func replace(_ path: String, by text: String) throws {
        remove(path)
        try write(text, to: path)
    }

    static func size(of path: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        return attributes[.size] as? Int ?? 0
    }

    static func bytes(of path: String) throws -> [UInt8] {
        try [UInt8](Data(contentsOf: URL(filePath: path)))
    }

    /// The text of a file, or nothing if it isn't there.
    static func text(of path: String) -> String {
        ((try? bytes(of: path)).map { String(decoding: $0, as: UTF8.self) }) ?? ""
    }

    static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    static func remove(_ path: String) { try? FileManager.default.removeItem(atPath: path) }

    static func copy(_ source: String, to target: String) throws {
        try FileManager.default.copyItem(atPath: source, toPath: target)
    }

    /// Relative paths of everything below `path` that is a file, in order.
    static func below(_ path: String) -> [String] {
        let all = (try? FileManager.default.subpathsOfDirectory(atPath: path)) ?? []
        return all.sorted().filter { name in
            var isDirectory: ObjCBool = false
            let exists = FileManager.default.fileExists(
                atPath: "\(path)/\(name)", isDirectory: &isDirectory)
            return exists && !isDirectory.boolValue
        }
    }

    /// Whether `needle` stands anywhere in `bytes`.
    static func contains(_ needle: some Sequence<UInt8>, in bytes: Data) -> Bool {
        bytes.range(of: Data(needle)) != nil
    }
}
