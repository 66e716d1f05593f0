import Basics
import Replica

/// A run as one page to look at: a lane for each node, time to the right, messages as arrows.
///
/// The page is whole: data, style and script in one file, nothing loaded from elsewhere. What is
/// drawn is what is in view, so that a minute of tens of thousands of messages stays quick.
public struct RunPicture {
    let simulation: Simulation
    let report: Simulation.Report
    let command: String

    /// Requires the report of a traced run; `command` is what repeats it.
    public init(_ simulation: Simulation, _ report: Simulation.Report, command: String) {
        self.simulation = simulation
        self.report = report
        self.command = command
    }

    /// The page's text.
    public var page: String {
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>Keyclave · seed \(simulation.seed)</title>
        <style>
        \(PicturePage.style)
        </style>
        </head>
        <body>
        \(PicturePage.body)
        <script type="application/json" id="run">\(data)</script>
        <script>
        \(PicturePage.script)
        </script>
        </body>
        </html>

        """
    }

    /// What the page draws, as JSON; times in microseconds of virtual time.
    var data: String {
        var json = CompactJSON()
        json.object { json in
            writeHead(&json)
            let nodes = PictureNodes(simulation, report)
            json.name("nodes")
            json.array { json in for node in nodes.all { node.write(&json) } }
            json.name("faults")
            json.array { json in for band in bands { band.write(&json) } }
            let messages = PictureMessages(report.trace?.messages ?? [])
            json.name("kinds")
            json.array { json in
                for kind in PeerSend.Kind.allCases { json.string("\(kind)") }
            }
            json.name("texts")
            json.array { json in for text in messages.texts { json.string(text) } }
            json.name("messages")
            json.numbers(messages.numbers)
            PictureEvents(report.trace?.items ?? []).write(&json)
        }
        return json.text
    }

    private func writeHead(_ json: inout CompactJSON) {
        func member(_ name: String, _ text: String) {
            json.name(name)
            json.string(text)
        }
        member("seed", "\(simulation.seed)")
        member("command", command)
        json.name("end")
        json.number(report.virtualTime.nanoseconds / 1_000)
        json.name("healed")
        json.number(simulation.options.safetyPhase.nanoseconds / 1_000)
        json.name("events")
        json.number(report.events)
        json.name("committed")
        json.number(report.coverage.committed)
        switch report.outcome {
        case .passed: member("outcome", "passed")
        case .excused(let reason):
            member("outcome", "excused")
            member("law", reason)
        case .violated(let violation):
            member("outcome", violation.kind.rawValue)
            member("law", violation.law)
            member("detail", String(violation.detail.prefix(2_000)))
            json.name("bad")
            json.number(violation.time.nanoseconds / 1_000)
        }
        json.name("options")
        json.array { json in
            for (name, value) in simulation.options.table {
                json.array { json in
                    json.string(name)
                    json.string(value)
                }
            }
        }
    }

    /// A planned fault, from its strike to what set it right.
    private struct Band {
        var fault: PlannedFault
        var end: Instant

        func write(_ json: inout CompactJSON) {
            json.array { json in
                json.number(fault.at.nanoseconds / 1_000)
                json.number(end.nanoseconds / 1_000)
                json.string(fault.kind.rawValue)
                json.string(fault.summary)
                json.array { json in
                    for node in fault.nodes { json.number(node.rawValue) }
                }
            }
        }
    }

    private var bands: [Band] {
        let options = simulation.options
        let healed = Instant.zero + options.safetyPhase
        let end = Instant.zero + report.virtualTime
        return simulation.plan.filter { $0.at < min(healed, end) }.map { fault in
            guard !fault.repairs.isEmpty else { return Band(fault: fault, end: fault.at) }
            let planned = fault.at + fault.lasting
            if planned < healed { return Band(fault: fault, end: min(planned, end)) }
            // What touches the node that is never healed stays.
            let stays = fault.nodes.contains { $0 == options.brokenForEver }
            return Band(fault: fault, end: min(stays ? end : healed, end))
        }
    }
}

extension PlannedFault {
    /// The nodes that it touches, each once.
    var nodes: [NodeID] {
        var nodes: [NodeID] = []
        for node in faults.flatMap(\.nodes) where !nodes.contains(node) { nodes.append(node) }
        return nodes
    }
}

extension PlannedFault {
    /// What strikes, in a few words: a cut by its links, a crash of all as one.
    var summary: String {
        if kind == .crashAll { return kind.rawValue }
        guard kind == .cut || kind == .oneWayCut else {
            return faults.map(\.text).joined(separator: ", ")
        }
        var links: [String] = []
        for fault in faults {
            guard case .cut(let from, let to) = fault else { continue }
            let isMutual = faults.contains(.cut(from: to, to: from))
            guard isMutual else {
                links.append("\(from)→\(to)")
                continue
            }
            if from < to { links.append("\(from)–\(to)") }
        }
        return "cut \(links.joined(separator: ", "))"
    }
}

extension Fault {
    /// The nodes that it touches; for a link both ends.
    var nodes: [NodeID] {
        switch self {
        case .cut(let from, let to), .mend(let from, let to), .clog(let from, let to, _),
            .corrupt(let from, let to), .replay(let from, let to):
            [from, to]
        case .mendAll: []
        case .reset(let node), .crash(let node, _), .crashAmidEffects(let node, _),
            .restart(let node), .pause(let node), .resume(let node), .stop(let node),
            .slowDisk(let node, _), .fillDisk(let node), .makeRoom(let node),
            .failDisk(let node), .rot(let node), .misdirect(let node), .wipe(let node),
            .reformat(let node), .shiftWallClock(let node, _), .driftClock(let node, _):
            [node]
        }
    }
}
