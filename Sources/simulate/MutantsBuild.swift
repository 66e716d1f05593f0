#if !MUTANTS
import Foundation

/// Builds the program with the bugs in it and runs that.
enum MutantsBuild {
    private static let scratch = ".build-mutants"

    /// `arguments` are those that `options` were read from.
    static func run(
        _ options: MutantsOptions, _ arguments: [String]
    ) throws(UsageError) -> Int32 {
        guard let package = packageDirectory() else {
            throw UsageError("the bugs are built from source: run it in the project")
        }
        try options.requireRows(among: rows(in: package))
        Console.complain("building the program with bugs in \(package)/\(scratch)")
        // With checks that say what they found, as a crash is one of the answers.
        let build = MutantsProcess.run(
            "/usr/bin/env",
            [
                "swift", "build", "--package-path", package, "--configuration", "release",
                "--scratch-path", "\(package)/\(scratch)", "--product", "simulate",
                "-Xswiftc", "-DMUTANTS", "-Xswiftc", "-assert-config", "-Xswiftc", "Debug",
            ]
        ) { Console.complain(String($0)) }
        guard build?.code == 0 else { return fail("the build failed") }
        let run = MutantsProcess.run(
            "\(package)/\(scratch)/release/simulate", ["mutants"] + arguments
        ) { line in
            print(line)
            fflush(nil)
        }
        return run?.code ?? fail("what was built can't be run")
    }

    private static func fail(_ reason: String) -> Int32 {
        Console.complain("simulate: mutants: \(reason)")
        return 1
    }

    /// The names of the table, as the sources have them: this program holds none of them.
    static func rows(in package: String) -> [String] {
        let catalogue = try? String(
            contentsOfFile: package + "/Sources/Basics/PlantedBug.swift", encoding: .utf8)
        let bugs = (catalogue ?? "").split(separator: "\n").compactMap { line in
            line.wholeMatch(of: /\s*case \w+ = "(.+)"/).map { String($0.1) }
        }
        return bugs + MutantsControl.allCases.map(\.rawValue)
    }

    /// Where the project lies, seen from here or from the program.
    private static func packageDirectory() -> String? {
        let program = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let starts = [FileManager.default.currentDirectoryPath, program ?? "/"]
        for start in starts {
            var place = URL(filePath: start)
            while place.path != "/" {
                let manifest = try? String(
                    contentsOf: place.appending(path: "Package.swift"), encoding: .utf8)
                if manifest?.contains("name: \"keyclave\"") == true { return place.path }
                place.deleteLastPathComponent()
            }
        }
        return nil
    }
}
#endif
