import Consensus
import HTTP
import Keyring

/// What one import may take.
public enum ImportLimits {
    /// Of the log: the entry that holds it.
    public static let entryBytes = Entry.payloadLimit
    /// Of a request. In JSON a key takes up to twice as many bytes as in the log.
    public static let bodyBytes = 2 * entryBytes

    /// Throws if the keys don't fit one entry. An entry takes fewer bytes than the body it came
    /// in, so that most needn't be measured.
    static func check(_ command: Command, bodyBytes: Int) throws(ProblemDetails) {
        guard bodyBytes > entryBytes - frameBytes else { return }
        let envelope = Envelope(
            requestID: RequestID(high: 0, low: 0), actor: .cluster, content: .zero,
            command: command)
        let count = envelope.encode().count
        guard count > entryBytes - frameBytes else { return }
        throw ProblemDetails(
            .contentTooLarge,
            detail: "The keys take \(count) bytes of the log, and one import may take "
                + "\(entryBytes - frameBytes).")
    }

    /// Of what stands beside the command in an entry: who asks, and under which id.
    private static let frameBytes = 1024
}
