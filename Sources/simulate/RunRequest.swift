import Basics
import Simulator

/// Which runs a command is about: seeds, options, and what is left of the plan.
struct RunRequest {
    private(set) var first: UInt64 = 1
    private(set) var count: UInt64
    private(set) var overrides = OptionOverrides()
    private(set) var reduction = PlanReduction()
    /// Options of the verb itself, with their values.
    private(set) var own: [String: String] = [:]

    /// Reads what follows the verb. `flags` and `values` are options of the verb itself, without
    /// and with a value; `takesSeed` if its first word is a seed, `takesCount` if a range is asked
    /// for instead.
    init(
        verb: String, _ arguments: inout Arguments, takesSeed: Bool = false,
        takesCount: Bool = false, usualCount: UInt64 = 1, flags: Set<String> = [],
        values: Set<String> = []
    ) throws(UsageError) {
        count = usualCount
        if takesSeed { first = try Arguments.seed(arguments.next(), of: verb) }
        while let option = arguments.next() {
            if flags.contains(option) {
                own[option] = ""
            } else if values.contains(option) {
                own[option] = try arguments.value(of: option)
            } else if takesCount, option == "--from" {
                first = try arguments.number(of: option, in: 0 ... .max - 1 << 32)
            } else if takesCount, option == "--count" {
                count = try arguments.number(of: option, in: 1...1 << 32)
            } else if try takeReduction(option, &arguments) {
                continue
            } else if try !overrides.take(option, &arguments) {
                throw UsageError("\(verb) has no option '\(option)'")
            }
        }
        try overrides.check()
    }

    var seeds: ClosedRange<UInt64> { first...first + (count - 1) }

    /// The options as words, for a child process and for the command that repeats a failure.
    var words: [String] { overrides.words + reduction.words }

    func simulation(_ seed: UInt64) -> Simulation {
        let whole = overrides.simulation(seed)
        return reduction == PlanReduction() ? whole : reduction.reducing(whole)
    }

    private mutating func takeReduction(
        _ option: String, _ arguments: inout Arguments
    ) throws(UsageError) -> Bool {
        switch option {
        case "--plan":
            reduction.kept = try Self.kept(arguments.value(of: option))
        case "--shorten":
            reduction.safetyPhase = try arguments.duration(
                of: option, in: .milliseconds(1) ... .seconds(24 * 3600))
        default: return false
        }
        return true
    }

    private static func kept(_ list: String) throws(UsageError) -> [PlanReduction.Kept] {
        guard list != "none" else { return [] }
        var kept: [PlanReduction.Kept] = []
        for word in list.split(separator: ",", omittingEmptySubsequences: false) {
            let parts = word.split(separator: "=", omittingEmptySubsequences: false)
            guard (1...2).contains(parts.count), let number = Int(parts[0]), number >= 0,
                kept.last.map({ $0.number < number }) ?? true
            else {
                throw UsageError("--plan takes rising numbers like 3,7=150ms,9, not '\(list)'")
            }
            var lasting: Basics.Duration?
            if parts.count == 2 {
                lasting = try Arguments.duration(
                    parts[1], of: "--plan", in: .zero ... .seconds(24 * 3600))
            }
            kept.append(PlanReduction.Kept(number: number, lasting: lasting))
        }
        return kept
    }
}

extension PlanReduction {
    /// As options of a command.
    var words: [String] {
        var words: [String] = []
        if kept != nil { words += ["--plan", text] }
        if let safetyPhase { words += ["--shorten", safetyPhase.exact] }
        if let clients { words += ["--clients", "\(clients)"] }
        return words
    }
}
