/// What `simulate mutants` was asked for.
///
/// Read by every program, so that a slip is told before anything is built; what the bugs are
/// called only a program knows that has them, or their sources.
struct MutantsOptions: Equatable {
    /// Names of rows; all of them if there is none.
    var only: [String] = []
    var seconds = 60
    var jobs = 1
    var firstSeed: UInt64 = 1
    var isMachineReadable = false

    init(_ words: [String]) throws(UsageError) {
        let numbers = 1...(1 << 32) as ClosedRange<UInt64>
        var arguments = Arguments(words)
        while let option = arguments.next() {
            switch option {
            case "--json": isMachineReadable = true
            case "--only":
                only += try arguments.value(of: option).split(separator: ",").map(String.init)
            case "--seconds": seconds = Int(try arguments.number(of: option, in: numbers))
            case "--jobs": jobs = Int(try arguments.number(of: option, in: 1...256))
            case "--from": firstSeed = try arguments.number(of: option, in: numbers)
            default: throw UsageError("mutants has no option '\(option)'")
            }
        }
    }

    /// Requires that each row asked for is one of `known`.
    func requireRows(among known: [String]) throws(UsageError) {
        for name in only where !known.contains(name) {
            throw UsageError("--only: '\(name)' is none of \(known.joined(separator: " "))")
        }
    }
}
