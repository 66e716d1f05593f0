import Foundation

/// How the program ends, but for signals; the codes are those of `keyclave`.
enum ExitCode {
    static let done: Int32 = 0
    /// The command line is wrong, or something couldn't be measured.
    static let failed: Int32 = 1
}

enum Console {
    /// To standard output, all of it; false if it takes no more.
    static func write(_ text: String) -> Bool {
        (try? FileHandle.standardOutput.write(contentsOf: Data(text.utf8))) != nil
    }

    /// To standard error. If nobody reads that, there is nobody to tell.
    static func complain(_ text: String) {
        try? FileHandle.standardError.write(contentsOf: Data("bench-peers: \(text)\n".utf8))
    }
}
