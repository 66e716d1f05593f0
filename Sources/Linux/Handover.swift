/// Hands a value over from the thread that made it to the one about to run.
///
/// `@unchecked`: a value comes in as `sending`, so that the giver has no way left to it; the taker
/// takes it once; and a thread's start orders the two.
public final class Handover<Value>: @unchecked Sendable {
    private var value: Value?

    public init(_ value: sending Value) { self.value = value }

    /// The value. Once, on the thread that it is for.
    public func take() -> Value {
        guard let taken = value.take() else { preconditionFailure("taken twice") }
        return taken
    }
}
