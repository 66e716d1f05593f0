import Basics
import HTTP
import Linux

/// What orchestrators ask: answered by the front thread itself, so that it can be answered when
/// nothing else can.
struct MonitoringPages: Sendable {
    enum Page {
        /// `/livez`: the process makes progress.
        case live
        /// `/readyz`: the node validates.
        case ready
    }

    let metrics: ServerMetrics
    /// A replica thread that hasn't come round for so long makes no progress. Its longest wait is
    /// an election time-out.
    static let stall = Duration.seconds(10)

    /// The page asked for; nil for any other path or method.
    static func page(_ head: RequestHead, _ bytes: UnsafeRawBufferPointer) -> Page? {
        guard head.method == .get || head.method == .head else { return nil }
        let path = head.path.slice(of: bytes)
        if path.equals("/livez") { return .live }
        return path.equals("/readyz") ? .ready : nil
    }

    /// `freshUntil` is the time until which the key table may answer.
    func write(
        _ page: Page, _ head: RequestHead, freshUntil: Instant, _ date: HTTPDate,
        to response: inout ResponseWriter
    ) -> Status {
        let now = Clocks.now()
        let isFine =
            switch page {
            case .live: metrics.pulse.age(at: now) < MonitoringPages.stall
            case .ready: metrics.board.isReady && now < freshUntil
            }
        let status = isFine ? Status.ok : .unavailable
        response.begin(
            status, date: date, keepsAlive: head.keepsAlive, omitsContent: head.method == .head)
        if !isFine { response.field("Retry-After", 1) }
        response.end(Array((isFine ? "ok\n" : "no\n").utf8), type: "text/plain")
        return status
    }
}
