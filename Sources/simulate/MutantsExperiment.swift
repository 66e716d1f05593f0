/// A row that is no bug: what must be so whatever is planted.
enum MutantsControl: String, CaseIterable, Sendable {
    /// A hook that changes nothing must offend nobody.
    case nothing
    /// Runs in which a majority loses its disks must be excused, all of them.
    case majorityLost = "majority-lost"
    /// Clocks that drift three times as far as is allowed must break a promise: else nobody would
    /// see when it holds by luck.
    case driftBeyondBound = "drift-beyond-bound"
}

#if MUTANTS
import Basics

/// One row of the table: a bug that must be caught, or a control.
enum MutantsExperiment: Equatable {
    case bug(PlantedBug)
    case control(MutantsControl)

    static var all: [MutantsExperiment] {
        PlantedBug.allCases.filter { $0 != .nothing }.map { .bug($0) }
            + MutantsControl.allCases.map { .control($0) }
    }

    init?(_ name: String) {
        guard let found = Self.all.first(where: { $0.name == name }) else { return nil }
        self = found
    }

    var name: String {
        switch self {
        case .bug(let bug): bug.rawValue
        case .control(let control): control.rawValue
        }
    }

    var isControl: Bool {
        if case .bug = self { false } else { true }
    }

    /// Whether a checker must object.
    var mustBeCaught: Bool { !isControl || self == .control(.driftBeyondBound) }
}

extension MutantsOptions {
    /// In the order of the table.
    var experiments: [MutantsExperiment] {
        MutantsExperiment.all.filter { only.isEmpty || only.contains($0.name) }
    }
}
#endif
