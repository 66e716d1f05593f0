import Basics
import HTTP

/// Every fixed bound of a front thread.
enum FrontLimits {
    /// A body must be there this long after its head, or a part of it.
    static let bodyDeadline = Duration.seconds(30)
    /// A client that reads nothing of its answer is closed after this.
    static let writeDeadline = Duration.seconds(30)
    /// The node ends every wait of its own accord; this is for the case that it doesn't.
    static let waitDeadline = Duration.seconds(600)
    /// Keys of one connection that are looked up before the first of them is judged.
    static let looks = 64
    /// How long a validation waits for a change of its key to be applied here.
    static let holdTime = Duration.milliseconds(25)
    /// How often it looks.
    static let holdInterval = Duration.milliseconds(1)
    /// Validations of one thread that wait so; more are refused at once.
    static let holds = 4_096
    /// Bytes that are read and dropped of a client that was refused: several of the largest
    /// bodies, so that one that sends all before it reads has sent it.
    static let lingeringBytes = 16 << 20
    /// Connections beyond the limit that a thread keeps for as long as it takes to tell them so.
    static let turnedAwayConnections = 64
    /// Requests of one connection that wait for the node; further ones aren't read yet.
    static let exchanges = 256
    /// Requests of one connection that are taken before others have their turn, however many it
    /// has sent: as many as are looked up together.
    static let requestsInTurn = looks
    /// Bytes that wait for a client that doesn't read; no further request is read beyond.
    static let queuedBytes = 256 << 10
    /// What a connection's input buffer may grow to: one request of the largest kind.
    static let inputBytes =
        HTTPLimits.headBytes + Endpoint.bodyLimits.largest + HTTPLimits.chunkFramingBytes
}
