import Foundation

/// The programs that a test of a proxy needs, where they are installed.
enum ProxyProgram {
    static let nginx = path(of: "nginx")
    static let caddy = path(of: "caddy")
    static let curl = path(of: "curl")
    static let openssl = path(of: "openssl")

    /// To ask over TLS, and to have a certificate to ask by.
    static let hasTools = curl != nil && openssl != nil

    private static func path(of name: String) -> String? {
        ["/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin", "/sbin", "/bin"]
            .map { "\($0)/\(name)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
    }
}

/// Configurations as the project ships them.
enum ShippedProxy {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Cluster/proxies")

    static func configuration(_ name: String) throws -> String {
        try String(contentsOf: folder.appending(path: name), encoding: .utf8)
    }

    /// The same with each of these words replaced, every one of which must be there.
    static func configuration(_ name: String, _ words: [(String, String)]) throws -> String {
        var text = try configuration(name)
        for (word, replacement) in words {
            guard text.contains(word) else { throw TimedOut(what: "\(word) in \(name)") }
            text = text.replacing(word, with: replacement)
        }
        return text
    }
}
