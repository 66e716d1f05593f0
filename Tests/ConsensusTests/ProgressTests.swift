import Basics
import Testing

@testable import Consensus

@Suite struct ProgressTests {
    /// Any order of acknowledgements and rejections, late and repeated ones included.
    @Test(arguments: 1...100)
    func `match never falls within a session, and next stays behind it`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var progress = Progress(
            id: NodeID(2), isVoter: true, next: LogIndex(20), now: .zero)
        for _ in 0..<100 {
            let (match, session) = (progress.match, progress.session)
            let index = LogIndex(1 + generator.below(40))
            switch generator.below(6) {
            case 0, 1: progress.accept(index)
            case 2, 3:
                let agreed = LogIndex(generator.below(index.rawValue))
                progress.reject(previous: index, agreed: agreed)
            case 4 where progress.next.rawValue <= 40:
                progress.sent(through: progress.next, bytes: 10)
            case 5 where generator.chance(1, in: 10):
                let standing: StandingReport = generator.chance(1, in: 2) ? .whole : .damaged
                progress.note(
                    standing, run: 1 + generator.below(2), session: generator.below(3),
                    lastIndex: LogIndex(40))
            default: progress.resetWindow()
            }
            #expect(progress.next > progress.match)
            if progress.session == session {
                #expect(progress.match >= match)
            } else {
                #expect(progress.match == .zero)
            }
        }
    }

    @Test func `a damaged follower counts again only by an answer to the new session`() {
        var progress = Progress(id: NodeID(2), isVoter: true, next: LogIndex(9), now: .zero)
        progress.note(.whole, run: 1, session: 0, lastIndex: LogIndex(8))
        progress.accept(LogIndex(8))
        progress.note(.damaged, run: 2, session: 0, lastIndex: LogIndex(12))
        #expect(progress.match == .zero)
        #expect(!progress.counts)
        #expect(progress.repair == RepairTarget(run: 2, index: LogIndex(12)))
        #expect(progress.session == 1)
        // The same run says it again: nothing begins anew.
        progress.note(.damaged, run: 2, session: 1, lastIndex: LogIndex(14))
        #expect(progress.repair == RepairTarget(run: 2, index: LogIndex(12)))
        // A word from before the crash comes late.
        progress.note(.whole, run: 1, session: 0, lastIndex: LogIndex(14))
        #expect(!progress.counts)
        progress.note(.whole, run: 2, session: 1, lastIndex: LogIndex(14))
        #expect(progress.counts)
        #expect(progress.repair == nil)
    }
}
