import Basics

/// How one server's answers of one status begin: the lines that are the same for a second.
/// Written once, and copied at once into every answer.
public struct ResponseOpening: ~Copyable, Sendable {
    let status: Status
    private let field: (name: StaticString, value: String)
    /// The second that the `Date` field shows; nil before the first.
    private var second: Int64?
    private var writer = ResponseWriter(capacity: 256)

    /// The field stands in all these answers, behind the date.
    public init(_ status: Status, _ name: StaticString, _ value: String) {
        self.status = status
        field = (name, value)
    }

    /// Takes another date, if it is another.
    @inline(__always)
    public mutating func renew(_ date: HTTPDate) {
        if date.second != second { write(date) }
    }

    @inline(never)
    private mutating func write(_ date: HTTPDate) {
        second = date.second
        // Never ended, and begun anew in the same memory: a second costs no allocation.
        writer.removeAll()
        writer.isOpen = false
        writer.begin(status, date: date, keepsAlive: true)
        writer.field(field.name, field.value)
    }

    var bytes: UnsafeRawBufferPointer {
        precondition(second != nil, "an opening without a date")
        return writer.written.bytes
    }
}
