/// A member of a large struct that is asked much and copied hardly ever: it has the struct passed
/// to every function by its address.
///
/// Of a struct whose bits could as well lie in registers the compiler copies all of them, though
/// no reference in it, for each call of a method that doesn't change it. Of a few kilobytes that
/// was an eighth of what a charge takes on the thread that owns the node. What contains an
/// existential can't lie in registers.
public struct PassedByAddress: Sendable {
    private let nothing: any Sendable = ()

    public init() {}
}
