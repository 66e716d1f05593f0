/// Why a request has no answer that can be used.
public enum ClientError: Error, Hashable, Sendable {
    /// No node took the request, or none answered one that is safe: nothing has been done. The last
    /// trouble with each endpoint that was asked.
    case unreachable([String])
    /// A node understood the request and said no; nothing has been done. Also what one said last
    /// when the time is over.
    case refused(Problem)
    /// The request may or may not have been carried out. Asking again under the same id finds
    /// out; nil if the request bore none.
    case outcomeUnknown(id: String?, reason: String)
    /// A node answered with something that isn't of this interface.
    case malformedAnswer(String)
    /// The task was cancelled before anything was sent, or while a question that changes nothing
    /// was out.
    case cancelled
    /// More calls wait for a connection than the settings allow, or this one has waited for too
    /// long: nothing was sent.
    case overloaded
    /// What the client was to be made with can't be.
    case invalidSettings(String)

    /// True if a server said no, and so nothing was done.
    public var isRefusal: Bool {
        switch self {
        case .refused: true
        case .unreachable, .outcomeUnknown, .malformedAnswer, .cancelled, .overloaded,
            .invalidSettings:
            false
        }
    }
}

extension ClientError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unreachable(let attempts):
            "no node could be reached: " + attempts.joined(separator: "; ")
        case .refused(let problem): "\(problem)"
        case .outcomeUnknown(let id?, let reason):
            "the outcome isn't known (\(reason)); ask again under the id \(id)"
        case .outcomeUnknown(nil, let reason): "the outcome isn't known (\(reason))"
        case .malformedAnswer(let reason): "the answer can't be understood: \(reason)"
        case .cancelled: "cancelled; nothing was changed"
        case .overloaded: "too many calls wait for a connection; nothing was sent"
        case .invalidSettings(let reason): reason
        }
    }
}
