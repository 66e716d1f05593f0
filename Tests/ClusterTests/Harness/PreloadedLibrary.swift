import Glibc
import Linux
import Testing

/// A library that a process loads before libc, to see or change what it asks of that.
struct PreloadedLibrary {
    let path: String

    /// Compiles it. The compiler comes with the Swift toolchain.
    init(_ name: String, source text: String, directory: String) throws {
        path = "\(directory)/\(name).so"
        let source = "\(directory)/\(name).c"
        try Files.write(text, to: source)
        let output = "\(directory)/compiler.log"
        let compiler = try ChildProcess(
            "/usr/bin/env", ["clang", "-O2", "-shared", "-fPIC", "-o", path, source],
            environment: Program.environment, output: output)
        guard try compiler.wait(within: .seconds(60)) == .exited(0) else {
            throw TimedOut(what: "compiling \(name): \(Files.text(of: output))")
        }
    }
}
