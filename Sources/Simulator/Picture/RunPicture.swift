import Basics
import Replica

/// A run as one page to look at: a lane for each node, time to the right, messages as arrows.
///
/// The page is whole: data, style and script in one file, nothing loaded from elsewhere. What is
/// drawn is what is in view, so that a minute of tens of thousands of messages stays quick.
public struct RunPicture {
    /// What is drawn, whatever kind of run it was.
    public struct Subject: Sendable {
        public var title: String
        /// What repeats the run.
        public var command: String
        public var nodes: Int
        /// What the run is to show.
        public var about = ""
        public var options: [(name: String, value: String)] = []
        /// The faults that were planned; nil if only the trace tells of them.
        public var plan: [PlannedFault]?
        /// When all but the broken node was healed; nil if nothing was.
        public var healed: Instant?
        public var broken: NodeID?
        public var outcome: Simulation.Outcome
        public var events: Int
        public var committed: Int
        public var end: Instant
        /// A detailed one.
        public var trace: Trace

        public init(
            title: String, command: String, nodes: Int, outcome: Simulation.Outcome, events: Int,
            committed: Int, end: Instant, trace: Trace
        ) {
            self.title = title
            self.command = command
            self.nodes = nodes
            self.outcome = outcome
            self.events = events
            self.committed = committed
            self.end = end
            self.trace = trace
        }
    }

    let subject: Subject

    public init(_ subject: Subject) { self.subject = subject }

    /// Requires the report of a traced run; `command` is what repeats it.
    public init(_ simulation: Simulation, _ report: Simulation.Report, command: String) {
        guard let trace = report.trace else { preconditionFailure("a run that wasn't traced") }
        var subject = Subject(
            title: "Seed \(simulation.seed)", command: command, nodes: simulation.options.nodes,
            outcome: report.outcome, events: report.events,
            committed: report.coverage.committed, end: .zero + report.virtualTime, trace: trace)
        subject.options = simulation.options.table
        subject.plan = simulation.plan
        subject.healed = .zero + simulation.options.safetyPhase
        subject.broken = simulation.options.brokenForEver
        self.init(subject)
    }

    /// The page's text.
    public var page: String {
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>\(titleElement)</title>
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

    /// The title as an element holds it.
    private var titleElement: String {
        var text = ""
        for character in "Keyclave · \(subject.title)" {
            switch character {
            case "<": text += "&lt;"
            case "&": text += "&amp;"
            default: text.append(character)
            }
        }
        return text
    }

    /// What the page draws, as JSON; times in microseconds of virtual time.
    var data: String {
        var json = CompactJSON()
        json.object { json in
            writeHead(&json)
            let nodes = PictureNodes(subject)
            json.name("nodes")
            json.array { json in for node in nodes.all { node.write(&json) } }
            json.name("faults")
            json.array { json in for band in PictureFaults(subject).bands { band.write(&json) } }
            let messages = PictureMessages(subject.trace.messages)
            json.name("kinds")
            json.array { json in
                for kind in PeerSend.Kind.allCases { json.string("\(kind)") }
            }
            json.name("texts")
            json.array { json in for text in messages.texts { json.string(text) } }
            json.name("messages")
            json.numbers(messages.numbers)
            PictureEvents(subject.trace.items).write(&json)
        }
        return json.text
    }

    private func writeHead(_ json: inout CompactJSON) {
        func member(_ name: String, _ text: String) {
            json.name(name)
            json.string(text)
        }
        func member(_ name: String, _ number: some FixedWidthInteger) {
            json.name(name)
            json.number(number)
        }
        member("title", subject.title)
        member("command", subject.command)
        member("about", subject.about)
        member("end", subject.end.microseconds)
        if let healed = subject.healed { member("healed", healed.microseconds) }
        member("events", subject.events)
        member("committed", subject.committed)
        switch subject.outcome {
        case .passed: member("outcome", "passed")
        case .excused(let reason):
            member("outcome", "excused")
            member("law", reason)
        case .violated(let violation):
            member("outcome", violation.kind.rawValue)
            member("law", violation.law)
            member("detail", String(violation.detail.prefix(2_000)))
            member("bad", violation.time.microseconds)
        }
        json.name("options")
        json.array { json in
            for (name, value) in subject.options {
                json.array { json in
                    json.string(name)
                    json.string(value)
                }
            }
        }
    }
}

extension Instant {
    /// Since the beginning of the run.
    var microseconds: Int64 { nanoseconds / 1_000 }
}
