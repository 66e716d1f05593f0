import Basics

/// The bounds of a client.
public struct ClientSettings: Sendable {
    /// For one TCP connection.
    public var connectTimeout = Duration.seconds(2)
    /// From the beginning of an attempt to the first byte of an answer, while another endpoint
    /// hasn't been asked in this round: a node that stands still is left for one that answers.
    /// Longer than most answers take, and than the first change without a dead node.
    public var silenceTimeout = Duration.seconds(3)
    /// From the beginning of an attempt to the end of its answer, at one node.
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
