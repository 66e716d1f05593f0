import Basics
import Journal
import Keyring
import Linux
import Replica

/// A backup file on this machine's disk, read and checked as a whole.
public struct BackupFile: Sendable {
    /// Why it can't be used, in one line.
    public struct Refusal: Error, Hashable, Sendable, CustomStringConvertible {
        public var description: String
    }

    public private(set) var contents: BackupContents
    /// Of the file, byte for byte; nil if nobody asked for it.
    public let fileDigest: Digest?
    public let path: String

    private static let pieceBytes = 1 << 20

    /// Reads it piece by piece: what is held of it is the state, never the bytes.
    ///
    /// - Parameters:
    ///   - digesting: whether the file's own digest is wanted, which takes its time.
    ///   - progress: told the bytes read so far, and how many there are.
    public init(
        at path: String, digesting: Bool = false, progress: (Int, Int) -> Void = { _, _ in }
    ) throws(Refusal) {
        self.path = path
        var hash = SHA256()
        do {
            let file = try File(reading: path)
            let size = try file.size()
            var reading = BackupContents.Reading()
            var offset = 0
            while true {
                let piece = try file.read(BackupFile.pieceBytes, at: offset)
                if piece.isEmpty { break }
                offset += piece.count
                try reading.take(piece)
                if digesting { hash.update(piece) }
                progress(offset, size)
            }
            contents = try reading.finish()
            fileDigest = digesting ? hash.finish() : nil
        } catch let refusal as BackupRefusal {
            throw Refusal(description: "\(path): \(refusal)")
        } catch {
            throw Refusal(description: "\(error)")
        }
    }

    /// Makes it the beginning of another cluster, with a token for its operator if one is given.
    public mutating func beginAnew(with token: NewOperator?) throws(Refusal) {
        do throws(StateMachine.RestoringRefusal) {
            try contents.beginAnew(with: token)
        } catch {
            switch error {
            case .tokenUnusable:
                throw Refusal(
                    description: "the operator token was revoked in the backup, or is another's")
            case .tooManyTokens:
                throw Refusal(description: "the backup has as many operator tokens as it may")
            }
        }
    }

    /// Formats `target` as a node of the new cluster and puts everything into it.
    public func write(
        _ identity: Journal.Identity, into target: borrowing DataDirectory
    ) throws(DataDirectoryRefusal) {
        try target.format(identity)
        let formatted = try target.recover()
        let performer = try target.performer()
        let failure = contents.write(into: formatted, members: identity.members) {
            performer.perform($0)
        }
        switch failure {
        case nil: return
        case .noSpace: throw DataDirectoryRefusal("\(target.path): no room on the disk")
        case .broken(let reason): throw DataDirectoryRefusal("\(target.path): \(reason)")
        }
    }

    public typealias NewOperator = StateMachine.NewOperator
}
