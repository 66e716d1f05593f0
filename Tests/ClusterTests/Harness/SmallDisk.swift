import Basics

/// A file system in memory, of a size that can be used up. Takes the right to mount.
enum SmallDisk {
    /// Whether this process may mount, tried once.
    static let isPermitted: Bool = {
        guard let directory = try? Files.makeTemporaryDirectory(),
            let warden = try? Warden(directory: directory)
        else { return false }
        defer { try? warden.dismiss() }
        return (try? mount(at: directory + "/try.disk", bytes: 1 << 20, directory: directory))
            != nil
    }()

    /// Mounts one at `path`, which must end in `.disk`: whoever removes `directory` unmounts
    /// those first.
    static func mount(at path: String, bytes: Int, directory: String) throws {
        precondition(path.hasSuffix(".disk"))
        try Files.makeDirectory(path)
        let output = directory + "/mount.log"
        let process = try ChildProcess(
            "/bin/sh",
            [
                "-c", "exec mount -t tmpfs -o size=\(bytes),mode=700 keyclave-test \"$1\"", "sh",
                path,
            ],
            environment: Program.environment, output: output)
        guard try process.wait(within: .seconds(10)) == .exited(0) else {
            throw TimedOut(what: "mount: \(Files.text(of: output))")
        }
    }

    /// Leaves no room at all in the directory.
    static func fill(_ path: String, log: String) throws {
        let process = try ChildProcess(
            "/bin/sh", ["-c", "cat /dev/zero > \"$1/filler\"", "sh", path],
            environment: Program.environment, output: log)
        // `cat` fails when there is no room left, and only then.
        guard try process.wait() == .exited(1) else { throw TimedOut(what: "filling \(path)") }
    }

    static func free(_ path: String) { Files.remove(path + "/filler") }
}
