import Linux
import Server

/// Reads a node's configuration file.
enum ConfigurationFile {
    static let sizeLimit = 1 << 20

    /// The configuration at `path`; whatever is wrong with it is a `LocalError` that names the
    /// file and the setting.
    static func read(_ path: String, in surroundings: Surroundings) throws -> NodeConfiguration {
        let absolute = surroundings.absolutePath(path)
        let directory = absolute.split(separator: "/").dropLast().joined(separator: "/")
        do {
            let bytes = try File(reading: absolute).contents(limit: sizeLimit)
            return try NodeConfiguration(text: bytes, directory: "/" + directory)
        } catch let error as ConfigurationError {
            throw LocalError(message: "\(path): \(error)")
        } catch let error as SystemError {
            throw LocalError(message: "\(error)")
        }
    }
}
