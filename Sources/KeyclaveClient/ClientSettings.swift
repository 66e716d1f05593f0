import Basics

/// The bounds of a client.
public struct ClientSettings: Sendable {
    /// For one TCP connection.
    public var connectTimeout = Duration.seconds(2)
    /// From sending a request to the end of its answer, at one node.
    public var answerTimeout = Duration.seconds(12)
    /// For a request in all, over all nodes and repetitions.
    public var deadline = Duration.seconds(30)
    /// Between two rounds over all nodes; doubled with each, up to `longestPause`.
    public var shortestPause = Duration.milliseconds(50)
    public var longestPause = Duration.seconds(1)
    /// The largest answer that is read, in bytes.
    public var answerLimit = 16 << 20

    public init() {}
}
