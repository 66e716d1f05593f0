/// Something that makes a measurement impossible, in words for whoever started it.
struct Trouble: Error, Hashable, CustomStringConvertible {
    var description: String

    init(_ description: String) { self.description = description }
}

/// What is wrong with the command line, in words that follow the program's name.
struct UsageError: Error, Hashable, CustomStringConvertible {
    var description: String

    init(_ description: String) { self.description = description }
}

/// A signal came: what was started is stopped, what was made is removed, and the program ends.
struct Interruption: Error, Hashable {
    var signal: Int32

    /// As a shell tells it.
    var exitCode: Int32 { 128 + signal }
}
