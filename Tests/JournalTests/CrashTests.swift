import Simulator
import Testing

@Suite struct CrashTests {
    @Test(arguments: [
        InMemoryDisk.Tearing(unitBytes: 128),
        InMemoryDisk.Tearing(unitBytes: 256),
        InMemoryDisk.Tearing(unitBytes: 32, cutsUnits: true),
    ])
    func `no stop at any place loses what was reported durable`(
        _ tearing: InMemoryDisk.Tearing
    ) throws {
        var counts = CrashCampaign.Counts()
        for seed in UInt64(1)...500 {
            var campaign = try CrashCampaign(seed: seed, tearing: tearing)
            do {
                try campaign.run(stops: 3)
            } catch {
                Issue.record("seed \(seed): \(error)")
                return
            }
            counts += campaign.counts
        }
        // A campaign proves something only if everything happened in it.
        #expect(counts.stops > 1_500)
        #expect(counts.whole > 500 && counts.torn > 10 && counts.inDoubt > 50)
        #expect(counts.keptInFlight > 50 && counts.lostNothing > 500)
        #expect(counts.restarts > 50 && counts.compactions > 50 && counts.carriedDoubts > 5)
    }
}
