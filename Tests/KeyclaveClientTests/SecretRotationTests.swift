import Testing

@testable import keyclave

@Suite struct SecretRotationTests {
    /// Three nodes, each told by the others' links; every step through the whole change.
    private struct Cluster {
        var files: [[String]] = [["old"], ["old"], ["old"]]

        func rotation(_ node: Int, silent: [Int] = []) -> SecretRotation {
            let others = files.indices.filter { $0 != node }.map { other in
                SecretRotation.Other(
                    id: "n\(other + 1)",
                    accepted: files[other].count > 1 ? files[other] : [],
                    presented: silent.contains(other) ? nil : files[other][0],
                    linked: silent.contains(other) ? nil : files[node][0])
            }
            return SecretRotation(own: files[node], new: "new", others: others)
        }

        /// Every pair must be able to talk, whoever dials.
        var canTalk: Bool {
            files.allSatisfy { one in files.allSatisfy { other in other.contains(one[0]) } }
        }

        mutating func run(_ node: Int) -> SecretRotation.Step {
            let step = rotation(node).step
            switch step {
            case .accept: files[node] = ["old", "new"]
            case .present: files[node] = ["new", "old"]
            case .retire: files[node] = ["new"]
            case .wait, .complete, .refused: break
            }
            return step
        }
    }

    @Test func `nine runs in any order that is allowed change the secret`() {
        var cluster = Cluster()
        var steps: [SecretRotation.Step] = []
        // Impatient: always the same node first, as often as it may.
        for _ in 0..<20 {
            for node in 0..<3 {
                steps.append(cluster.run(node))
                #expect(cluster.canTalk, "\(cluster.files)")
            }
        }
        #expect(cluster.files == [["new"], ["new"], ["new"]])
        let taken = steps.filter { [.accept, .present, .retire].contains($0) }
        #expect(taken.count == 9)
        #expect(steps.suffix(3) == [.complete, .complete, .complete])
    }

    @Test func `a node doesn't run ahead of the others`() {
        var cluster = Cluster()
        #expect(cluster.run(0) == .accept)
        #expect(cluster.run(0) == .wait(["n2", "n3"]))
        #expect(cluster.run(1) == .accept)
        #expect(cluster.run(0) == .wait(["n3"]))
        #expect(cluster.run(2) == .accept)
        #expect(cluster.run(1) == .present)
        #expect(cluster.run(1) == .wait(["n1", "n3"]))
    }

    @Test func `a node that can't be heard is waited for, unless it is known to be absent`() {
        var cluster = Cluster()
        _ = (cluster.run(0), cluster.run(1))
        var rotation = cluster.rotation(0, silent: [2])
        #expect(rotation.step == .wait(["n3"]))
        rotation.absent = ["n3"]
        #expect(rotation.step == .present)
    }

    @Test func `who can't be heard may have begun a change`() {
        let rotation = Cluster().rotation(0, silent: [2])
        #expect(SecretRotation.silent(rotation.others, absent: []) == ["n3"])
        #expect(SecretRotation.silent(rotation.others, absent: ["n3"]) == [])
        #expect(SecretRotation.silent(Cluster().rotation(0).others, absent: []) == [])
    }

    @Test func `a node is left alone whose file holds another change`() {
        let rotation = SecretRotation(own: ["old", "other"], new: "new", others: [])
        #expect(rotation.step == .refused)
        #expect(SecretRotation.isUnderWay(["old", "other"], []))
        #expect(!SecretRotation.isUnderWay(["old"], Cluster().rotation(0).others))
        var begun = Cluster()
        begun.files[1] = ["old", "new"]
        #expect(SecretRotation.isUnderWay(["old"], begun.rotation(0).others))
    }

    @Test func `a file holds one secret or two, each on its line, and nobody else reads it`() throws
    {
        let directory = try ScratchDirectory()
        let (one, two) = ("0123456789abcdef", "fedcba9876543210")
        for (text, secrets) in [
            (one, [one]), (one + "\n", [one]), (" \(one) \r\n\n\(two)\n", [one, two]),
        ] {
            let path = try directory.file("secret", text)
            #expect(try SecretFile(at: path).secrets == secrets)
        }
        for text in ["", "short", one + "\n" + one, one + " " + two, "\(one)\n\(two)\n\(one)1"] {
            let path = try directory.file("secret", text)
            #expect(throws: LocalError.self) { try SecretFile(at: path) }
        }
        let open = try directory.file("open", one, mode: 0o640)
        #expect(throws: LocalError.self) { try SecretFile(at: open) }
        let made = try #require(try SecretFile.make(at: directory.path + "/new"))
        #expect(try SecretFile.make(at: directory.path + "/new") == nil)
        #expect(try SecretFile(at: directory.path + "/new").secrets == made.secrets)
        #expect(try directory.mode(of: "new") == 0o600)
        #expect(made.fingerprints[0].count == 8 && !made.secrets[0].contains(made.fingerprints[0]))
    }
}
