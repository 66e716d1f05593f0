#if MUTANTS
import Basics

/// What `simulate mutants` was asked for.
struct MutantsOptions {
    /// In the order of the table.
    var experiments = MutantsExperiment.all
    var seconds = 60
    var jobs = 1
    var firstSeed: UInt64 = 1
    var isMachineReadable = false

    init(_ arguments: [String]) throws(MutantsUsage) {
        var only: [MutantsExperiment] = []
        var rest = arguments[...]
        while let option = rest.popFirst() {
            if option == "--json" {
                isMachineReadable = true
                continue
            }
            guard ["--only", "--seconds", "--jobs", "--from"].contains(option) else {
                throw MutantsUsage(reason: "\(option) is no option of mutants")
            }
            guard let value = rest.popFirst() else {
                throw MutantsUsage(reason: "\(option) takes a value")
            }
            if option == "--only" {
                for name in value.split(separator: ",") { only.append(try Self.experiment(name)) }
            } else {
                try set(option, value)
            }
        }
        if !only.isEmpty { experiments = experiments.filter(only.contains) }
    }

    private static func experiment(_ name: Substring) throws(MutantsUsage) -> MutantsExperiment {
        guard let found = MutantsExperiment(String(name)) else {
            let names = MutantsExperiment.all.map(\.name).joined(separator: " ")
            throw MutantsUsage(reason: "\(name) is none of \(names)")
        }
        return found
    }

    private mutating func set(_ option: String, _ value: String) throws(MutantsUsage) {
        guard let number = UInt64(value), (1...(1 << 32)).contains(number) else {
            throw MutantsUsage(reason: "\(option) takes a whole number above 0, not \(value)")
        }
        switch option {
        case "--seconds": seconds = Int(number)
        case "--jobs": jobs = Int(min(number, 256))
        default: firstSeed = number
        }
    }
}

/// One row of the table: a bug that must be caught, or a control.
enum MutantsExperiment: Equatable {
    case bug(PlantedBug)
    /// A hook that changes nothing must offend nobody.
    case nothing
    /// Runs in which a majority loses its disks must be excused, all of them.
    case majorityLost
    /// Clocks that drift three times as far as is allowed must break a promise: else nobody would
    /// see when it holds by luck.
    case driftBeyondBound

    static var all: [MutantsExperiment] {
        PlantedBug.allCases.filter { $0 != .nothing }.map { .bug($0) } 
            + [.nothing, .majorityLost, .driftBeyondBound]
    }

    init?(_ name: String) {
        guard let found = Self.all.first(where: { $0.name == name }) else { return nil }
        self = found
    }

    var name: String {
        switch self {
        case .bug(let bug): bug.rawValue
        case .nothing: PlantedBug.nothing.rawValue
        case .majorityLost: "majority-lost"
        case .driftBeyondBound: "drift-beyond-bound"
        }
    }

    var isControl: Bool {
        if case .bug = self { false } else { true }
    }

    /// Whether a checker must object.
    var mustBeCaught: Bool { !isControl || self == .driftBeyondBound }
}
#endif
