import Foundation

/// `simulate mutants`: one deliberate bug at a time in the nodes' real code, and which checker
/// finds it after how many seeds.
///
/// The bugs are compiled under `MUTANTS` only. A program without them builds one that has them,
/// beside its own build, and hands everything over to it.
enum MutantsCommand {
    static func run(_ arguments: [String]) -> Int32 {
        #if MUTANTS
        if arguments.first == "--child" { return MutantsChild.run(Array(arguments.dropFirst())) }
        do throws(MutantsUsage) {
            let options = try MutantsOptions(arguments)
            return MutantsCampaign(options).run()
        } catch {
            return refuse(error.reason)
        }
        #else
        do throws(MutantsUsage) {
            return try MutantsBuild.run(arguments)
        } catch {
            return refuse(error.reason)
        }
        #endif
    }

    private static func refuse(_ reason: String) -> Int32 {
        note("simulate: mutants: \(reason); see simulate --help")
        return 64
    }

    /// A line of progress or trouble.
    static func note(_ line: String) {
        FileHandle.standardError.write(Data("\(line)\n".utf8))
    }
}

/// Something that the caller must put right.
struct MutantsUsage: Error {
    var reason: String
}
