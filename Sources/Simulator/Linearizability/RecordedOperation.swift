import Basics
import Keyring
import Replica

/// One thing that a client of a run asked for, under one id however often it asked, and what came
/// of it.
struct RecordedOperation {
    enum Request {
        /// A command, and the id it bears; charges bear their own. A command without an id must
        /// have been asked for once only: nothing keeps it from being done twice.
        case command(Command, id: IdempotencyKey?)
        /// Asked for a linearizable answer.
        case question(Question)
    }

    enum Result {
        case outcome(Outcome)
        case answer(QueryAnswer)

        var refusal: Refusal? {
            switch self {
            case .outcome(.refused(let refusal)), .answer(.refused(let refusal)): refusal
            default: nil
            }
        }
    }

    /// The final answer. Trouble on the way (no leader, a lost connection) is none.
    struct Response {
        var at: Instant
        var result: Result
        /// That of the reply.
        var index: LogIndex
    }

    var client: Int
    var request: Request
    /// When the first attempt was made.
    var invoked: Instant
    /// How often it was asked for: of each but the one answered the outcome isn't known.
    var attempts = 1
    /// Nil if the client never learnt what came of it.
    var response: Response?
}
