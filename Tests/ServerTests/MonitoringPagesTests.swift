import Basics
import HTTP
import Keyring
import Linux
import Testing

@testable import Server

@Suite struct MonitoringPagesTests {
    let pages = MonitoringPages(
        metrics: ServerMetrics(fronts: 1, log: Log(node: NodeID(1), threshold: .error)))

    private func text(
        _ page: MonitoringPage, expiry: SteadyInstant = .never, latest: SteadyInstant? = nil,
        isConfirming: Bool = false, now: SteadyInstant = Clocks.steady()
    ) -> String? {
        let leases = LeaseStanding(usable: expiry, latest: latest ?? expiry)
        return pages.text(of: page, leases: isConfirming ? nil : leases, now: now)
            .map { String(decoding: $0, as: UTF8.self) }
    }

    @Test func `a process makes progress while its replica thread comes round`() {
        let before = Clocks.steady()
        pages.metrics.pulse.beat()
        let after = Clocks.steady()
        let almost = Duration.nanoseconds(MonitoringPages.stall.nanoseconds - 1)
        #expect(text(.live, expiry: .past, now: before + almost) == "ok\n")
        #expect(text(.live, now: after + MonitoringPages.stall) == nil)
    }

    @Test func `a node is ready while it may validate and has said so`() {
        let now = Clocks.steady()
        #expect(text(.ready, now: now) == nil)
        pages.metrics.board.setReady(true)
        #expect(text(.ready, expiry: now + .nanoseconds(1), now: now) == "ok\n")
        #expect(text(.ready, expiry: now, now: now) == nil)
        #expect(text(.ready, expiry: .past, latest: .never, now: now) == nil)
        #expect(text(.ready, isConfirming: true, now: now) == "ok\n")
        pages.metrics.board.setReady(false)
        #expect(text(.ready, now: now) == nil)
    }

    @Test func `metrics are there whatever the node does`() throws {
        let without = try #require(text(.metrics, expiry: .past))
        #expect(without.contains("keyclave_ready 0\n"))
        #expect(without.contains("keyclave_lease_remaining_seconds 0\n"))
        let confirmed = try #require(text(.metrics, isConfirming: true))
        #expect(confirmed.contains("keyclave_lease_remaining_seconds 0\n"))
        let now = Clocks.steady()
        let with = try #require(text(.metrics, expiry: now + .milliseconds(1_250), now: now))
        #expect(with.contains("keyclave_lease_remaining_seconds 1.25\n"))
        let pending = try #require(text(.metrics, expiry: .past, latest: .never))
        #expect(pending.contains("keyclave_lease_remaining_seconds 0\n"))
        let states = ["held", "pending", "none", "confirming"]
        for (page, state) in [
            (with, "held"), (pending, "pending"), (without, "none"), (confirmed, "confirming"),
        ] {
            for other in states {
                #expect(
                    page.contains(
                        "keyclave_lease{state=\"\(other)\"} \(other == state ? 1 : 0)\n"))
            }
        }
    }

    static let paths: [(String, MonitoringPage)] = [
        ("/livez", .live), ("/readyz", .ready), ("/metrics", .metrics),
    ]

    @Test(arguments: paths)
    func `each page has its path and is plain text`(path: String, page: MonitoringPage) throws {
        var fixture = RouteFixture()
        for method in ["GET", "HEAD"] {
            let result = fixture.send("\(method) \(path)")
            #expect(result.page == page)
            let context = try #require(result.context)
            #expect(context.form.omitsContent == (method == "HEAD"))
        }
        #expect(fixture.send("POST \(path)").request == "405 method_not_allowed")
        let context = try #require(fixture.send("GET \(path)").context)
        let there = try RouteFixture.written(&fixture, page, Array("so\n".utf8), context)
        #expect(there.status == 200)
        #expect(there.text == "so\n")
        #expect(there.field("content-type")?.hasPrefix("text/plain;") == true)
        #expect(there.field("x-keyclave-node") == "n7")
        let missing = try RouteFixture.written(&fixture, page, nil, context)
        #expect("\(missing.status) \(missing.code ?? "")" == "503 unavailable")
        #expect(missing.field("retry-after") == "1")
    }
}

extension RouteFixture {
    /// A page about the process, as a client gets it.
    static func written(
        _ fixture: inout RouteFixture, _ page: MonitoringPage, _ text: [UInt8]?,
        _ context: AnswerContext
    ) throws -> Response {
        var response = ResponseWriter()
        let status = fixture.router.write(
            page, text, context, date: RouteFixture.date, to: &response)
        var parser = ResponseParser()
        parser.append(response.bytes)
        let answer = try #require(try parser.next(toHead: context.form.omitsContent))
        #expect(answer.status == status.rawValue)
        return answer
    }
}
