import Basics
import Synchronization
import Testing

@testable import keyclave

@Suite struct WaitingLineTests {
    /// What was told, piece by piece.
    private final class Told: Sendable {
        private let texts = Mutex<[String]>([])
        var all: [String] { texts.withLock { $0 } }

        func line(isTerminal: Bool = true, interval: Duration) -> WaitingLine {
            var surroundings = Surroundings.ofProcess()
            surroundings.tell = { text in self.texts.withLock { $0.append(text) } }
            surroundings.showsProgress = isTerminal
            return WaitingLine(surroundings, interval: interval)
        }
    }

    @Test func `what takes its time is counted, and leaves no line behind`() async {
        let told = Told()
        let result = told.line(interval: .milliseconds(1)).during("waiting") {
            while told.all.count < 3 { _ = told.all }
            return 7
        }
        #expect(result == 7)
        let texts = told.all
        #expect(
            texts.prefix(3) == [
                "\r\u{1B}[Kwaiting, 1 s", "\r\u{1B}[Kwaiting, 2 s", "\r\u{1B}[Kwaiting, 3 s",
            ])
        #expect(texts.last == "\r\u{1B}[K")
    }

    @Test func `what is quick, or fails at once, shows nothing`() {
        let told = Told()
        #expect(told.line(interval: .seconds(100)).during("waiting") { 7 } == 7)
        #expect(throws: LocalError(message: "no")) {
            try told.line(interval: .seconds(100)).during("waiting") {
                () throws(LocalError) in throw LocalError(message: "no")
            }
        }
        #expect(told.all.isEmpty)
    }

    @Test func `who isn't at a terminal sees nothing`() {
        let told = Told()
        let begun = ContinuousClock.now
        told.line(isTerminal: false, interval: .nanoseconds(1)).during("waiting") {
            while ContinuousClock.now - begun < .milliseconds(5) {}
        }
        #expect(told.all.isEmpty)
    }
}
