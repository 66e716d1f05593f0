import Testing

extension RealProcesses {
    /// One cluster of three nodes, and everything that the model and the ways in can do, one thing
    /// after the other, as an operator, a service and a gateway do it. Each chapter finds what the
    /// ones before have left.
    @Suite struct WholeTour {
        @Test func `three nodes go through all of the model and all of the ways in`() async throws {
            var shape = ClusterShape()
            shape.hasOwnSecrets = true
            try await TestCluster.run(shape) { cluster in
                let walk = try Walk(through: cluster)
                let keys = try walk.replaceKeys()
                try walk.spendCredits(with: keys.spender)
                try walk.holdCredits(with: keys.spender)
                try walk.killLeader(whileSpendingWith: keys.spender)
                try walk.standBehindProxies(with: keys.spender)
                try await walk.useLibrary(with: keys.spender)
                try walk.explain(keys)
                try walk.watch()
                try walk.confirm()
                try walk.importKeys()
                try walk.changeSecret(whileValidating: keys.spender)
                try walk.backUp(with: keys.spender)
            }
        }
    }
}
