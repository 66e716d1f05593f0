import Linux
import Synchronization

/// Runs `body` on `count` threads at once and returns what they returned, in order. The first
/// error that one of them threw is thrown, after all have ended.
func concurrently<Result: Sendable>(
    _ count: Int, _ body: @escaping @Sendable (Int) throws -> Result
) throws -> [Result] {
    let results = Mutex<[Int: Swift.Result<Result, any Error>]>([:])
    try withoutActuallyEscaping(body) { body in
        let threads = try (0..<count).map { index in
            try Thread(name: "test \(index)") {
                let result = Swift.Result { try body(index) }
                results.withLock { $0[index] = result }
            }
        }
        for thread in threads { thread.join() }
    }
    let ended = results.withLock { $0 }
    return try (0..<count).map { index in
        guard let result = ended[index] else { throw TimedOut(what: "thread \(index)") }
        return try result.get()
    }
}

/// A value that several threads of a test change.
final class Shared<Value: Sendable>: Sendable {
    private let value: Mutex<Value>

    init(_ value: Value) { self.value = Mutex(value) }

    var current: Value { value.withLock { $0 } }

    func change<Result: Sendable>(_ body: (inout Value) throws -> Result) rethrows -> Result {
        try value.withLock { try body(&$0) }
    }
}
