import Basics
import Simulator

/// Options set by hand, on top of what each seed draws.
struct OptionOverrides {
    /// As written, so that a failure can name the command that repeats it.
    private(set) var words: [String] = []
    private var changes: [@Sendable (inout SimulationOptions) -> Void] = []
    private var nodes: UInt64?
    private var broken: NodeID?

    /// What strikes in these runs: a campaign isn't asked for what was switched off.
    var expectedFaults: [FaultKind] {
        let options = applied(to: SimulationOptions())
        return FaultKind.allCases.filter { options.pauses[$0] != nil }
    }

    func applied(to drawn: SimulationOptions) -> SimulationOptions {
        var options = drawn
        for change in changes { change(&options) }
        return options
    }

    /// The run of a seed under these options.
    func simulation(_ seed: UInt64) -> Simulation {
        let drawn = Simulation(seed: seed)
        guard !changes.isEmpty else { return drawn }
        return Simulation(seed: seed, options: applied(to: drawn.options))
    }

    /// Takes the option and its value if it is one of these; false if it is another.
    mutating func take(_ option: String, _ arguments: inout Arguments) throws(UsageError) -> Bool {
        guard option.hasPrefix("--") else { return false }
        var recorder = Recorder(arguments: arguments)
        // One after the other: an `||` of throwing operands loses the error's type.
        var isTaken = try takeNumber(option, &recorder)
        if !isTaken { isTaken = try takeName(option, &recorder) }
        if !isTaken { isTaken = try takeTime(option, &recorder) }
        if !isTaken { isTaken = try takeFault(option, &recorder) }
        guard isTaken else { return false }
        arguments = recorder.arguments
        words += [option] + recorder.taken
        return true
    }

    /// Relations between options, once all are known.
    func check() throws(UsageError) {
        let count = nodes ?? 3
        if let broken, broken.rawValue > count {
            throw UsageError("--broken \(broken): there are \(count) nodes; see --nodes")
        }
        let options = applied(to: SimulationOptions())
        if options.longestDelay < options.shortestDelay {
            throw UsageError("--delay: the longest is shorter than the shortest")
        }
    }

    /// Remembers the values taken.
    private struct Recorder {
        var arguments: Arguments
        var taken: [String] = []

        mutating func value(of option: String) throws(UsageError) -> String {
            let word = try arguments.value(of: option)
            taken.append(word)
            return word
        }

        mutating func number(
            of option: String, in range: ClosedRange<UInt64>
        ) throws(UsageError) -> UInt64 {
            let number = try arguments.number(of: option, in: range)
            taken.append("\(number)")
            return number
        }

        mutating func duration(
            of option: String, in range: ClosedRange<Basics.Duration>
        ) throws(UsageError) -> Basics.Duration {
            try Arguments.duration(value(of: option), of: option, in: range)
        }

        /// `50us..20ms`
        mutating func durations(
            of option: String
        ) throws(UsageError) -> (shortest: Basics.Duration, longest: Basics.Duration) {
            let word = try value(of: option)
            let parts = word.split(separator: "..", omittingEmptySubsequences: false)
            guard parts.count == 2 else {
                throw UsageError("\(option) takes two times like 50us..20ms, not '\(word)'")
            }
            let range = Basics.Duration.nanoseconds(1) ... .seconds(60)
            let shortest = try Arguments.duration(parts[0], of: option, in: range)
            let longest = try Arguments.duration(parts[1], of: option, in: range)
            guard shortest <= longest else {
                throw UsageError("\(option): the longest is shorter than the shortest")
            }
            return (shortest, longest)
        }
    }

    private mutating func takeNumber(
        _ option: String, _ words: inout Recorder
    ) throws(UsageError) -> Bool {
        switch option {
        case "--nodes":
            let count = try words.number(of: option, in: 2...9)
            nodes = count
            set {
                $0.nodes = Int(count)
                // What the seed drew may not be among them.
                if let broken = $0.brokenForEver, broken.rawValue > count { $0.brokenForEver = nil }
            }
        case "--clients":
            let count = try words.number(of: option, in: 1...100)
            set { $0.clients = Int(count) }
        case "--damaged":
            let count = try words.number(of: option, in: 0...9)
            set { $0.damagedMachines = min(Int(count), $0.nodes) }
        case "--drift-bound":
            let bound = try words.number(of: option, in: 0...900_000)
            set { $0.driftBound = Int64(bound) }
        case "--resets":
            let chance = try words.number(of: option, in: 0...1000)
            set { $0.resetsPerMille = chance }
        case "--stragglers":
            let chance = try words.number(of: option, in: 0...1000)
            set { $0.stragglersPerMille = chance }
        case "--disk-stalls":
            let chance = try words.number(of: option, in: 0...1000)
            set { $0.diskStallsPerMille = chance }
        case "--link-capacity":
            let bytes = try words.number(of: option, in: 1 << 10...1 << 30)
            set { $0.linkCapacity = Int(bytes) }
        case "--snapshot-bytes":
            let bytes = try words.number(of: option, in: 1 << 10...1 << 30)
            set { $0.snapshotLogBytes = Int(bytes) }
        default: return false
        }
        return true
    }

    private mutating func takeName(
        _ option: String, _ words: inout Recorder
    ) throws(UsageError) -> Bool {
        switch option {
        case "--workload":
            let word = try words.value(of: option)
            guard let mix = WorkloadMix(rawValue: word) else {
                let known = WorkloadMix.allCases.map(\.rawValue).joined(separator: ", ")
                throw UsageError("--workload takes one of \(known), not '\(word)'")
            }
            set { $0.workload = mix }
        case "--lease-changes":
            let word = try words.value(of: option)
            guard ["on", "off"].contains(word) else {
                throw UsageError("--lease-changes takes on or off, not '\(word)'")
            }
            set { $0.clientsChangeLease = word == "on" }
        case "--secret-change":
            let word = try words.value(of: option)
            guard ["on", "off"].contains(word) else {
                throw UsageError("--secret-change takes on or off, not '\(word)'")
            }
            set { $0.changesSecret = word == "on" }
        case "--requests":
            let word = try words.value(of: option)
            guard ["singly", "together"].contains(word) else {
                throw UsageError("--requests takes singly or together, not '\(word)'")
            }
            set { $0.requestsComeTogether = word == "together" }
        case "--frames":
            let word = try words.value(of: option)
            guard ["authentic", "checksums"].contains(word) else {
                throw UsageError("--frames takes authentic or checksums, not '\(word)'")
            }
            set { $0.authenticatesFrames = word == "authentic" }
        case "--broken":
            let word = try words.value(of: option)
            let node = NodeID(text: word)
            guard node != nil || word == "none" else {
                throw UsageError("--broken takes a node like n2, or none, not '\(word)'")
            }
            broken = node
            set { $0.brokenForEver = node }
        default: return false
        }
        return true
    }

    private mutating func takeTime(
        _ option: String, _ words: inout Recorder
    ) throws(UsageError) -> Bool {
        let phase = Basics.Duration.milliseconds(1) ... .seconds(24 * 3600)
        switch option {
        case "--safety":
            let time = try words.duration(of: option, in: phase)
            set { $0.safetyPhase = time }
        case "--liveness":
            let time = try words.duration(of: option, in: phase)
            set { $0.livenessPhase = time }
        case "--longest-pause":
            let time = try words.duration(of: option, in: phase)
            set { $0.longestPause = time }
        case "--lease":
            let lengths = Basics.Duration.zero ... .seconds(2)
            let milliseconds = try words.duration(of: option, in: lengths).milliseconds
            guard milliseconds == 0 || milliseconds >= 500 else {
                throw UsageError("--lease takes 0s, or 500ms to 2s")
            }
            set { $0.leaseMilliseconds = UInt32(milliseconds) }
        case "--delay":
            let range = try words.durations(of: option)
            set { ($0.shortestDelay, $0.longestDelay) = range }
        case "--disk-delay":
            let range = try words.durations(of: option)
            set { $0.diskDelay = range }
        default: return false
        }
        return true
    }

    private mutating func takeFault(
        _ option: String, _ words: inout Recorder
    ) throws(UsageError) -> Bool {
        if option == "--all" {
            set { $0.pauses = SimulationOptions().pauses }
            return true
        }
        if option == "--only" {
            let kinds = try Self.kinds(words.value(of: option), of: option)
            set { options in
                let drawn = options.pauses
                options.pauses = [:]
                let standard = SimulationOptions().pauses
                for kind in kinds { options.pauses[kind] = drawn[kind] ?? standard[kind] }
            }
            return true
        }
        for kind in FaultKind.allCases {
            if option == "--no-\(kind.word)" {
                set { $0.pauses[kind] = nil }
                return true
            }
            guard option == "--\(kind.word)" else { continue }
            let pause = try words.duration(of: option, in: .milliseconds(1) ... .seconds(24 * 3600))
            set { $0.pauses[kind] = pause }
            return true
        }
        return false
    }

    private static func kinds(
        _ list: String, of option: String
    ) throws(UsageError) -> [FaultKind] {
        guard list != "none" else { return [] }
        var kinds: [FaultKind] = []
        for word in list.split(separator: ",", omittingEmptySubsequences: false) {
            guard let kind = FaultKind.allCases.first(where: { $0.word == word }) else {
                throw UsageError("\(option): '\(word)' is no kind of fault; see --help")
            }
            kinds.append(kind)
        }
        return kinds
    }

    private mutating func set(_ change: @escaping @Sendable (inout SimulationOptions) -> Void) {
        changes.append(change)
    }
}

extension FaultKind {
    /// As an option names it.
    var word: String { String(rawValue.map { $0 == " " ? "-" : $0 }) }
}

extension SimulationOptions {
    /// What differs from the standard, by name.
    var differences: [(name: String, value: String)] {
        zip(table, SimulationOptions().table).filter { $0.value != $1.value }.map(\.0)
    }
}
