import Journal
import Linux

/// A snapshot file of the data directory, as a start reads it.
final class SnapshotOnDisk: SnapshotBytes {
    let name: String
    private let file: File

    /// Small enough that what was read is still near the processor when it is checked and decoded,
    /// and large enough that who is done with one waits little for who isn't.
    private static let pieceBytes = 4 << 20

    init(name: String, file: consuming File) {
        self.name = name
        self.file = file
    }

    func piece(from offset: Int) throws(UnreadableBytes) -> ArraySlice<UInt8> {
        do throws(SystemError) {
            return try file.read(SnapshotOnDisk.pieceBytes, at: offset)[...]
        } catch {
            throw UnreadableBytes("\(error)")
        }
    }
}
