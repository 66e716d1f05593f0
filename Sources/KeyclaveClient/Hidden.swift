/// A text that isn't shown when what holds it is printed or dumped.
struct Hidden: Sendable, CustomStringConvertible, CustomReflectable {
    let text: String

    init(_ text: String) { self.text = text }

    var description: String { "hidden" }
    var customMirror: Mirror { Mirror(self, children: []) }
}
