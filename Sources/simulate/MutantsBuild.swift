#if !MUTANTS
import Foundation

/// Builds the program with the bugs in it and runs that.
enum MutantsBuild {
    private static let scratch = ".build-mutants"

    static func run(_ arguments: [String]) throws(MutantsUsage) -> Int32 {
        guard let package = packageDirectory() else {
            throw MutantsUsage(reason: "the bugs are built from source: run it in the project")
        }
        MutantsCommand.note("building the program with bugs in \(package)/\(scratch)")
        // With checks that say what they found, as a crash is one of the answers.
        let build = MutantsProcess.run(
            "/usr/bin/env",
            [
                "swift", "build", "--package-path", package, "--configuration", "release",
                "--scratch-path", "\(package)/\(scratch)", "--product", "simulate",
                "-Xswiftc", "-DMUTANTS", "-Xswiftc", "-assert-config", "-Xswiftc", "Debug",
            ]
        ) { MutantsCommand.note(String($0)) }
        guard build?.code == 0 else { throw MutantsUsage(reason: "the build failed") }
        let run = MutantsProcess.run(
            "\(package)/\(scratch)/release/simulate", ["mutants"] + arguments
        ) { line in
            print(line)
            fflush(nil)
        }
        guard let run else { throw MutantsUsage(reason: "what was built can't be run") }
        return run.code
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
