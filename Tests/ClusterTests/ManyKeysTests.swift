import Basics
import Linux
import Testing

extension RealProcesses {
    /// How fast many keys come, are copied and come back: a measurement, for a release build.
    ///
    ///     swift build -c release --product keyclave
    ///     KEYCLAVE_BINARY=$PWD/.build/release/keyclave KEYCLAVE_KEYS=1000000 \
    ///         swift test --filter ManyKeys
    @Suite struct ManyKeys {
        static let wanted = Program.variable("KEYCLAVE_KEYS").flatMap { Int($0) } ?? 0
        private static let keysPerUser = 1_000

        @Test(
            .enabled(
                if: wanted > 0, "KEYCLAVE_KEYS says how many; KEYCLAVE_BINARY names a release build"
            )
        )
        func `many keys are imported, backed up and restored`() throws {
            try TestCluster.run { cluster in
                let tenant = try cluster.makeTenant()
                _ = try cluster.change(
                    "PATCH", "/v1/cluster/settings",
                    json: #"{"keys_per_user": \#(Self.keysPerUser)}"#
                ).orThrow("the settings")
                try makeUsers(cluster, tenant)
                let sample = try cluster.makeKey(of: tenant, user: cluster.makeUser(of: tenant))
                let file = cluster.directory + "/keys.csv"
                try Files.write(Self.table(), to: file)

                let watch = Shared((longest: Duration.zero, count: 0, isOver: false))
                let charges = try charging(cluster, sample.text, watch)
                let importing = try timed(
                    ["import", file, "--in-parts", "--account", tenant.account], cluster)
                watch.change { $0.isOver = true }
                charges.join()
                let seen = watch.current
                print("imported \(Self.wanted) keys: \(importing.text)")
                print("a charge beside it, of \(seen.count): \(Self.text(seen.longest)) at most")

                let backup = cluster.directory + "/backup"
                let copying = try timed(["backup", backup], cluster)
                let bytes = try Files.size(of: backup)
                print("backed up \(bytes >> 20) MiB: \(copying.text)")
                let look = try timed(["inspect", backup], cluster, isRemote: false)
                print("inspected: \(look.text)")
                try cluster.killAll()
                let nodes = try cluster.makeSibling(named: "restored")
                let restoring = try timed(
                    ["restore", backup, "--config", nodes[0].files.configuration], cluster,
                    isRemote: false)
                print("restored one node: \(restoring.text)")
            }
        }

        private func makeUsers(_ cluster: TestCluster, _ tenant: Tenant) throws {
            let count = (Self.wanted + Self.keysPerUser - 1) / Self.keysPerUser
            let clients = 8
            _ = try concurrently(clients) { client in
                for number in stride(from: client, to: count, by: clients) {
                    _ = try cluster.makeUser(
                        of: tenant, email: "user\(number)@example.com", on: client)
                }
            }
        }

        private static func table() -> String {
            var text = "user,api,name,digest,suffix,active\n"
            for number in 0..<wanted {
                let digest = SHA256.digest(of: Array("key number \(number)".utf8)).hex
                let user = number / keysPerUser
                let isActive = number % keysPerUser < 3
                text += "user\(user)@example.com,rest,key \(number),\(digest),4x7Q,\(isActive)\n"
            }
            return text
        }

        /// One client's charges, one after the other, and the longest that one took.
        private func charging(
            _ cluster: TestCluster, _ key: String,
            _ watch: Shared<(longest: Duration, count: Int, isOver: Bool)>
        ) throws -> Thread {
            let node = cluster.nodes[0]
            return try Thread(name: "charges") {
                let client = node.client()
                while !watch.current.isOver {
                    let begun = Clocks.now()
                    _ = try? client.send(ChargeRecord(credits: 1).request(key: key))
                    let took = Clocks.now() - begun
                    watch.change { state in
                        state.longest = max(state.longest, took)
                        state.count += 1
                    }
                }
            }
        }

        private func timed(
            _ words: [String], _ cluster: TestCluster, isRemote: Bool = true
        ) throws -> (took: Duration, text: String) {
            let output = cluster.directory + "/many.out"
            Files.remove(output)
            let common = [
                "--endpoint", "http://127.0.0.1:\(cluster.nodes[0].httpPort)", "--token-file",
                cluster.directory + "/operator.token", "--timeout", "600",
            ]
            let begun = Clocks.now()
            let process = try ChildProcess(
                Program.path, words + (isRemote ? common : []), environment: Program.environment,
                output: output)
            let end = try process.wait(within: .seconds(1_200))
            let took = Clocks.now() - begun
            #expect(end == .exited(0), "\(Files.text(of: output).suffix(2_000))")
            return (took, Self.text(took))
        }

        private static func text(_ duration: Duration) -> String {
            "\(duration.milliseconds) ms"
        }
    }
}
