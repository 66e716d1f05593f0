import Basics
import Synchronization
import Testing

@testable import Server

struct LogTests {
    @Test func aLineIsPairsAndNothingBreaksIt() {
        var line = LogLine()
        line.append("plain", "n1:7101/[::1]")
        line.append("empty", "")
        line.append("spaced", "two words")
        line.append("hostile", "a\"b\\c\nlevel=error\u{1}\u{7f}")
        line.append("equals", "a=b")
        line.append("beyond", "grün")
        line.endLine()
        let expected =
            #"plain=n1:7101/[::1] empty="" spaced="two words" "#
            + #"hostile="a\"b\\c\nlevel=error\x01\x7f" equals="a=b" beyond="grün""# + "\n"
        #expect(String(decoding: line.bytes, as: UTF8.self) == expected)
    }

    @Test func onlyEventsAtOrAboveTheThresholdAreWritten() {
        let written = Mutex<[String]>([])
        let log = Log(node: NodeID(7), threshold: .warning) { bytes in
            written.withLock { $0.append(String(decoding: bytes, as: UTF8.self)) }
        }
        log.debug("a", [:])
        log.info("b")
        log.warning("c", ["count": 3])
        log.error("d", ["reason": "no room"])
        let lines = written.withLock { $0 }
        #expect(lines.count == 2)
        // The time stands first and is as long as ever.
        #expect(
            lines.map { $0.dropFirst("at=2026-01-01T00:00:00.000Z".count) } == [
                " level=warning node=n7 event=c count=3\n",
                " level=error node=n7 event=d reason=\"no room\"\n",
            ])
    }

    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000Z"), (951_782_399_999, "2000-02-28T23:59:59.999Z"),
        (951_782_400_000, "2000-02-29T00:00:00.000Z"),
        (1_704_067_199_001, "2023-12-31T23:59:59.001Z"),
        (1_709_251_200_000, "2024-03-01T00:00:00.000Z"),
        (4_107_542_400_000, "2100-03-01T00:00:00.000Z"), (-5, "1970-01-01T00:00:00.000Z"),
    ])
    func timesAreWrittenInUTC(milliseconds: Int64, text: String) {
        #expect(UTCText(Timestamp(milliseconds: milliseconds)).description == text)
    }
}
