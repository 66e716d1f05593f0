import Basics
import Consensus
import Foundation
import Replica
import Testing

@testable import Simulator

@Suite struct PictureTests {
    /// Two nodes' worth of trouble in a few seconds, planned by hand.
    static func simulation() -> Simulation {
        var options = SimulationOptions()
        options.safetyPhase = .seconds(3)
        options.livenessPhase = .seconds(3)
        options.clients = 2
        options.pauses = [:]
        options.resetsPerMille = 0
        options.stragglersPerMille = 0
        options.brokenForEver = NodeID(1)
        let one = NodeID(1)
        let two = NodeID(2)
        let three = NodeID(3)
        let plan = [
            PlannedFault(
                kind: .cut, at: .zero + .seconds(1),
                faults: [.cut(from: two, to: three), .cut(from: three, to: two)],
                repairs: [.mend(from: two, to: three), .mend(from: three, to: two)],
                lasting: .seconds(1)),
            PlannedFault(
                kind: .crash, at: .zero + .milliseconds(1_500),
                faults: [.crash(three, losingPower: true)], repairs: [.restart(three)],
                lasting: .milliseconds(500)),
            PlannedFault(
                kind: .pause, at: .zero + .milliseconds(2_500), faults: [.pause(two)],
                repairs: [.resume(two)], lasting: .seconds(9)),
            PlannedFault(
                kind: .oneWayCut, at: .zero + .milliseconds(2_800),
                faults: [.cut(from: one, to: three)], repairs: [.mend(from: one, to: three)],
                lasting: .seconds(9)),
            PlannedFault(kind: .reset, at: .zero + .milliseconds(2_900), faults: [.reset(two)]),
        ]
        return Simulation(seed: 5, options: options, plan: plan)
    }

    private struct Data: Decodable {
        struct Node: Decodable {
            var id: Int
            var lives: [Int]
            var pauses: [Int]
            var fresh: [Int]
            var roles: [Int]
        }

        struct Band: Decodable {
            var start: Int
            var end: Int
            var kind: String
            var text: String
            var nodes: [Int]

            init(from decoder: any Decoder) throws {
                var values = try decoder.unkeyedContainer()
                start = try values.decode(Int.self)
                end = try values.decode(Int.self)
                kind = try values.decode(String.self)
                text = try values.decode(String.self)
                nodes = try values.decode([Int].self)
            }
        }

        var title: String
        var command: String
        var outcome: String
        var end: Int
        var nodes: [Node]
        var faults: [Band]
        var kinds: [String]
        var texts: [String]
        var messages: [Int]
        var clients: [String]
    }

    private func decode(_ picture: RunPicture) throws -> Data {
        try JSONDecoder().decode(Data.self, from: Foundation.Data(picture.data.utf8))
    }

    @Test func `no text ends the element that holds the data`() {
        var json = CompactJSON()
        json.object { json in
            json.name("a")
            json.string("</script><!-- \"\\\n\u{2028}é")
            json.name("b")
            json.numbers([1, -2])
            json.name("c")
            json.array { $0.bool(true) }
        }
        let text = #"{"a":"\u003c/script\u003e\u003c!-- \"\\\u000a\u2028é","b":[1,-2],"c":[true]}"#
        #expect(json.text == text)
    }

    @Test func `the page is whole: nothing is loaded from elsewhere`() {
        let simulation = Self.simulation()
        let report = simulation.run(tracing: true)
        let page = RunPicture(simulation, report, command: "simulate replay 5").page
        for word in ["http:", "https:", "src=", "href=", "url(", "@import", "fetch("] {
            #expect(!page.contains(word), "\(word)")
        }
        // The two that hold data and program.
        #expect(page.components(separatedBy: "</script>").count == 3)
        let again = simulation.run(tracing: true)
        #expect(RunPicture(simulation, again, command: "simulate replay 5").page == page)
    }

    @Test func `bands, lives and pauses lie where the faults struck`() throws {
        let simulation = Self.simulation()
        let report = simulation.run(tracing: true)
        let data = try decode(RunPicture(simulation, report, command: "again"))
        #expect(data.title == "Seed 5")
        #expect(data.command == "again")
        #expect(
            data.faults.map(\.text) == [
                "cut n2–n3", "crash n3 losing power", "pause n2", "cut n1→n3", "reset links of n2",
            ])
        #expect(
            data.faults.map(\.start) == [1_000_000, 1_500_000, 2_500_000, 2_800_000, 2_900_000])
        // The quiet ends what touches the healed; what touches the broken node stays.
        #expect(
            data.faults.map(\.end) == [2_000_000, 2_000_000, 3_000_000, data.end, 2_900_000])
        #expect(data.faults.map(\.nodes) == [[2, 3], [3], [2], [1, 3], [2]])
        #expect(data.nodes.map(\.id) == [1, 2, 3])
        #expect(data.nodes[0].lives == [0, data.end])
        #expect(data.nodes[2].lives == [0, 1_500_000, 2_000_000, data.end])
        #expect(data.nodes[1].pauses == [2_500_000, 3_000_000])
        #expect(data.nodes[0].pauses == [])
        #expect(data.clients == ["client 0", "client 1"])
        for node in data.nodes {
            #expect(!node.fresh.isEmpty)
            #expect(node.fresh == node.fresh.sorted())
            // Nobody answers while down.
            #expect(node.id != 3 || !node.fresh.contains { 1_500_000 < $0 && $0 < 2_000_000 })
        }
    }

    @Test func `without a plan the bands are what the trace tells`() throws {
        let simulation = Self.simulation()
        let report = simulation.run(tracing: true)
        var subject = RunPicture(simulation, report, command: "").subject
        subject.plan = nil
        subject.title = "</title><script>"
        #expect(!RunPicture(subject).page.contains("</title><script>"))
        let bands = try decode(RunPicture(subject)).faults
        #expect(
            bands.map(\.text) == [
                "cut n2–n3", "crash n3 losing power", "pause n2", "cut n1→n3", "reset links of n2",
            ])
        // The quiet sets right without a word.
        let end = report.virtualTime.nanoseconds / 1_000
        #expect(
            bands.map(\.end) == [
                2_000_000, 2_000_000, Int(end), Int(end), 2_900_000,
            ])
    }

    @Test func `a scenario is drawn with its questions, each line a client`() throws {
        let scenario = try Scenario(
            """
            # A key is made and looked at.
            cluster 3 nodes, seed 7
            first create user alice
            first create key K for alice
            at 1s    pause n2
            at 1.5s  validate K on n1              expect valid
            at 2s    resume n2
            at 2.5s  read credits of K on n3       expect ok
            at 3s    end
            """, file: "a.scenario")
        let plain = scenario.run()
        #expect(RunPicture(scenario, plain, file: "a.scenario")?.subject.title == nil)
        let report = scenario.run(detailed: true)
        #expect(report.hasPassed)
        // To be looked at closely changes nothing.
        #expect(report.trace == plain.trace)
        let picture = try #require(RunPicture(scenario, report, file: "runs/a.scenario"))
        let data = try decode(picture)
        #expect(data.title == "a.scenario")
        #expect(data.command == "simulate run runs/a.scenario")
        #expect(data.outcome == "passed")
        #expect(data.faults.map(\.text) == ["pause n2"])
        #expect(data.faults.map(\.start) == [1_000_000])
        #expect(data.faults.map(\.end) == [2_000_000])
        #expect(data.nodes[1].pauses == [1_000_000, 2_000_000])
        #expect(data.clients == ["first", "line 6", "line 8"])
        #expect(data.end == 3_000_000)
    }

    @Test func `every message is read, and arrives after it was sent or not at all`() throws {
        let simulation = Self.simulation()
        let report = simulation.run(tracing: true)
        let data = try decode(RunPicture(simulation, report, command: ""))
        let messages = try #require(report.trace?.messages)
        #expect(data.messages.count == messages.count * 8)
        #expect(messages.count > 100)
        for message in messages {
            let content = try #require(message.content)
            #expect(!content.parts.isEmpty)
            #expect(!content.description.contains("no frame"), "\(content)")
            if let arrived = message.arrived { #expect(arrived >= message.sent) }
        }
        // A crash and a cut lose some.
        #expect(messages.contains { $0.arrived == nil })
        let kinds = Set(messages.flatMap { $0.content?.parts.map(\.kind) ?? [] })
        #expect(kinds.isSuperset(of: [.handshake, .vote, .append, .heartbeat, .appendReply]))
    }

    @Test func `what nobody sent is said to be no frame`() {
        #expect(PeerSend([1, 2, 3]).description == "3 bytes that are no frame")
        let parts = PeerSend(Array(repeating: 0xFF, count: 200)).parts
        #expect(parts.map(\.text) == ["handshake: confirmation", "168 bytes that are no frame"])
        #expect(parts.map(\.kind) == [.handshake, .other])
    }

    @Test func `a trace tells times, names and faults as a scenario writes them`() {
        let fault = Trace.Item(
            time: .zero + .microseconds(2_345_678),
            event: .fault(.clog(from: NodeID(1), to: NodeID(2), by: .milliseconds(1_500))))
        #expect("\(fault)" == " 2.345678  fault     slow link n1 to n2 by 1.5s")
        let event = Trace.Item(
            time: .zero + .seconds(61),
            event: .event(NodeID(3), .roleChanged(.leader, term: Term(4))))
        #expect("\(event)" == "61.000000  n3        leads, term 4")
        #expect(Duration.microseconds(1_250).brief == "1.25ms")
        #expect(Duration.milliseconds(-40).brief == "-40ms")
        #expect(Duration.milliseconds(4_424).exact == "4424ms")
        #expect(Duration.seconds(60).exact == "60s")
        #expect(Duration.nanoseconds(1_500).exact == "1500ns")
    }

    @Test func `a run tells each item when it happens, and tracing changes nothing`() {
        let simulation = Self.simulation()
        final class Heard: @unchecked Sendable {
            // One thread runs the simulation and reads this afterwards.
            var count = 0
        }
        let heard = Heard()
        let traced = simulation.run(tracing: true) { _ in heard.count += 1 }
        #expect(heard.count == traced.trace?.items.count)
        #expect(traced.hash == simulation.run().hash)
    }
}
