import Basics
import Linux

/// Says at a terminal that something takes its time: a line that appears after a second, counts,
/// and is gone when it is over. What is quick, and whoever isn't at a terminal, sees nothing of it.
struct WaitingLine: Sendable {
    private let tell: (@Sendable (String) -> Void)?
    private let interval: Duration

    init(_ surroundings: Surroundings, interval: Duration = .seconds(1)) {
        tell = surroundings.showsProgress ? surroundings.tell : nil
        self.interval = interval
    }

    /// What must be shared with the thread that counts.
    private final class End: Sendable {
        let wakeup: Wakeup
        init() throws(SystemError) { wakeup = try Wakeup() }
    }

    func during<Value, Failure: Error>(
        _ label: String, _ body: () throws(Failure) -> Value
    ) throws(Failure) -> Value {
        guard let tell, let end = try? End(), let thread = count(label, tell, end) else {
            return try body()
        }
        defer {
            end.wakeup.signal()
            thread.join()
        }
        return try body()
    }

    private func count(
        _ label: String, _ tell: @escaping @Sendable (String) -> Void, _ end: End
    ) -> Thread? {
        let interval = interval
        return try? Thread(name: "progress") {
            var seconds = 0
            while !end.wakeup.wait(interval) {
                seconds += 1
                tell("\r\u{1B}[K\(label), \(seconds) s")
            }
            if seconds > 0 { tell("\r\u{1B}[K") }
        }
    }
}
