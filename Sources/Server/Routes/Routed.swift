import Basics
import HTTP
import Keyring
import Replica

/// What becomes of a request at the front.
///
/// What is large is boxed: a validation passes through here without it.
public enum Routed: Sendable {
    /// The answer is in the writer.
    case answered(Status)
    /// A key was looked up, and is the last of `Router.looks`. When all of a batch are, read the
    /// clocks, judge, and write with `Router.write`; or look again in a moment if the answer is
    /// pending.
    case looked
    /// The node has to be asked; its reply is rendered with the context.
    indirect case submit(ClientRequest.Body, AnswerContext)
    /// A page about the process is wanted: write it with `Router.write`.
    indirect case monitoring(MonitoringPage, AnswerContext)
}

/// How a request is to be answered, whatever with: all that a validation needs to be answered.
///
/// Plain numbers, so that it is copied without a look at what it holds.
public struct AnswerForm: Hashable, Sendable {
    public var endpoint: Endpoint
    public var mark: RequestMark
    public var keepsAlive: Bool
    /// The request was HEAD.
    public var omitsContent: Bool
    /// Every refusal but 401 is answered with 403, for gateways that pass on nothing else.
    var foldsRefusals = false
}

/// What is needed of a request once its reply comes, when its buffer is gone.
///
/// Holds the text of a key or token that is being created: it lives on the front thread that
/// drew it, until the one answer that shows it, and goes nowhere else.
public struct AnswerContext: Sendable {
    public let form: AnswerForm
    /// Where the request came from, and when; zero if that doesn't matter.
    var origin: UInt64 = 0
    var arrival = Instant.zero
    /// Of a key or token about to be born, with its id.
    var secret: NewSecret?
    /// The charges came as an array, and are answered as one.
    var isBatch = false
    /// How many keys are asked about.
    var importSize = 0
    /// How far a request about a backup has come.
    var backup: BackupProgress?

    init(_ form: AnswerForm, origin: UInt64 = 0) {
        self.form = form
        self.origin = origin
    }

    var endpoint: Endpoint { form.endpoint }
    var mark: RequestMark { form.mark }

    struct NewSecret: Sendable {
        var text: KeyText
        var id: UInt64
    }
}
