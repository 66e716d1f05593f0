import CLinux
import Glibc

/// The name under which something is made before it is whole: its own name, and what no other
/// process draws. Whoever makes it holds a lock on it (flock(2)), so that what a process left that
/// died is told from what one is at work on.
public enum DraftName {
    /// For something that shall be called `name`.
    public static func draw(for name: String) -> String {
        name + mark + "-" + hexadecimal(Entropy.bytes(8))
    }

    /// Whether `text` is a draft of what shall be called `name`.
    static func isDraft(_ text: String, of name: String) -> Bool {
        guard text.hasPrefix(name + mark) else { return false }
        let tail = text.dropFirst(name.count + mark.count)
        let isHexadecimal = tail.dropFirst().allSatisfy { $0.isHexDigit && $0.isASCII }
        return tail.isEmpty || tail.count == 17 && tail.first == "-" && isHexadecimal
    }

    private static let mark = ".incomplete"

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

extension Directory {
    /// Removes the drafts of `name` that nobody is at work on: files, and directories of files.
    /// What can't be removed stays: it is in nobody's way.
    public func removeDrafts(of name: String) {
        for draft in (try? names()) ?? [] where DraftName.isDraft(draft, of: name) {
            // Whoever had the lock before is dead, or done and has renamed it.
            if let inner = try? Directory(at: "\(path)/\(draft)") {
                guard (try? inner.lock()) == true, isNamed(draft, try? inner.identity()) else {
                    continue
                }
                try? removeDirectory(draft)
            } else if let file = try? open(draft) {
                guard (try? file.lock()) == true, isNamed(draft, try? file.identity()) else {
                    continue
                }
                try? remove(draft)
            }
        }
    }

    fileprivate func isNamed(_ name: String, _ identity: FileIdentity?) -> Bool {
        guard let identity else { return false }
        return identity == (try? self.identity(of: name))
    }
}

/// A file that is there under its name as a whole or not at all: written beside its place, synced
/// and renamed. What isn't finished when its life ends is removed.
///
/// Law: several at once for one name are several files, and each that is finished is whole.
public struct DraftFile: ~Copyable, Sendable {
    private let name: String
    private let draft: String
    private let parent: Directory
    private let file: File
    private var isFinished = false
    public private(set) var byteCount = 0

    /// Begins a file that shall be called `name`, and clears away what others began and left.
    public init(_ name: String, in directory: consuming Directory) throws(SystemError) {
        directory.removeDrafts(of: name)
        while true {
            let draft = DraftName.draw(for: name)
            let made = try directory.create(draft)
            // Else somebody who looked for drafts came before the lock: another one, then.
            if try made.lock(), directory.isNamed(draft, try made.identity()) {
                self.name = name
                self.draft = draft
                parent = directory
                file = made
                return
            }
        }
    }

    public mutating func write(_ bytes: [UInt8]) throws(SystemError) {
        try file.write(bytes, at: byteCount)
        byteCount += bytes.count
    }

    /// Puts the file in its place, instead of what is there.
    public mutating func finish() throws(SystemError) {
        try file.synchronize()
        try parent.rename(draft, to: name)
        isFinished = true
        try parent.synchronize()
    }

    /// Puts the file in its place; false if something is there.
    public mutating func finishIfFree() throws(SystemError) -> Bool {
        try file.synchronize()
        guard try parent.rename(draft, toFree: name) else { return false }
        isFinished = true
        try parent.synchronize()
        return true
    }

    deinit { if !isFinished { try? parent.remove(draft) } }
}
