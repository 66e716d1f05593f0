import Linux

/// A file with a secret in it.
enum PrivateFile {
    private static let sizeLimit = 4096

    /// What it holds, if nobody but the user that runs this process may read it.
    static func contents(of path: String) throws(LocalError) -> [UInt8] {
        let privacy: File.Privacy
        let bytes: [UInt8]
        do throws(SystemError) {
            let file = try File(reading: path)
            privacy = try file.privacy()
            bytes = privacy == .own ? try file.contents(limit: sizeLimit) : []
        } catch {
            throw LocalError(message: "\(error)")
        }
        if let complaint = complaint(privacy, path) { throw LocalError(message: complaint) }
        return bytes
    }

    static func complaint(_ privacy: File.Privacy, _ path: String) -> String? {
        switch privacy {
        case .own: nil
        case .shared: "\(path) can be read by others: chmod 600 \(path)"
        case .belongsTo(let user):
            "\(path) belongs to another user (number \(user)): run this as that user, or let the "
                + "file be this one's (chown)"
        }
    }
}
