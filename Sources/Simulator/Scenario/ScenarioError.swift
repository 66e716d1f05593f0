/// What is wrong with a scenario's text, and where.
public struct ScenarioError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The file, as it was named to the parser.
    public var file: String
    /// Counted from 1; columns in characters.
    public var line: Int
    public var column: Int
    public var reason: String

    public var description: String { "\(file):\(line):\(column): \(reason)" }
}
