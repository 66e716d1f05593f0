import Foundation

/// What a command sees of the process it runs in; tests give it another.
struct Surroundings: Sendable {
    var environment: [String: String]
    var workingDirectory: String
    /// Data: standard output.
    var print: @Sendable (String) -> Void
    /// Messages for people: standard error.
    var tell: @Sendable (String) -> Void
    /// All of standard input.
    var readInput: @Sendable () -> String

    static func ofProcess() -> Surroundings {
        Surroundings(
            environment: ProcessInfo.processInfo.environment,
            workingDirectory: FileManager.default.currentDirectoryPath,
            print: { FileHandle.standardOutput.write(Data($0.utf8)) },
            tell: { FileHandle.standardError.write(Data($0.utf8)) },
            readInput: {
                String(decoding: FileHandle.standardInput.readDataToEndOfFile(), as: UTF8.self)
            })
    }

    /// The same place, named from the root: what must hold after a change of directory, too.
    func absolutePath(_ path: String) -> String {
        let url = URL(filePath: path, relativeTo: URL(filePath: workingDirectory + "/"))
        return url.standardizedFileURL.path(percentEncoded: false)
    }
}
