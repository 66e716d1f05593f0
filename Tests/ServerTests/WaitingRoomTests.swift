import Basics
import Testing

@testable import Server

struct WaitingRoomTests {
    private static let one = WaitingLoad(count: 1, bytes: 384)

    /// A room and connections that have something waiting in it.
    private struct Crowd {
        let room: WaitingRoom
        var waiting: [WaitingLoad]

        init(_ room: WaitingRoom = WaitingRoom(), connections: Int) {
            self.room = room
            waiting = Array(repeating: WaitingLoad(), count: connections)
        }

        mutating func send(_ load: WaitingLoad, on connection: Int) -> Bool {
            guard room.enter(load, beside: waiting[connection]) else { return false }
            waiting[connection] += load
            return true
        }

        /// All send in turn, until all are refused or have as many waiting as are ever read.
        mutating func flood(_ load: WaitingLoad, upTo limit: Int = FrontLimits.exchanges) {
            var hasEntered = true
            while hasEntered {
                hasEntered = false
                for number in waiting.indices where waiting[number].count < limit {
                    if send(load, on: number) { hasEntered = true }
                }
            }
        }

        var total: WaitingLoad { waiting.reduce(into: WaitingLoad()) { $0 += $1 } }
    }

    @Test func whoSendsAheadAloneIsNotRefused() {
        // Nor are 31 others at the same time.
        var crowd = Crowd(connections: 32)
        crowd.flood(Self.one)
        #expect(crowd.waiting.allSatisfy { $0.count == FrontLimits.exchanges })
    }

    @Test(arguments: [33, 64, 256, 1_000, 9_000])
    func manyWhoSendAheadLeaveRoomForOthers(connections: Int) {
        var crowd = Crowd(connections: connections + 1)
        let other = connections
        crowd.waiting[other].count = .max
        crowd.flood(Self.one)
        crowd.waiting[other] = WaitingLoad()
        let counts = crowd.waiting.dropLast().map(\.count)
        // All are treated alike, nobody has nothing, and the whole isn't reached.
        #expect((counts.max() ?? 0) - (counts.min() ?? 0) <= 1)
        #expect(counts.min() ?? 0 >= 1)
        #expect(crowd.total.count < 16_384)
        // Another is taken, as far as all others are.
        let accepted = crowd.send(Self.one, on: other)
        #expect(accepted)
    }

    @Test func aShareIsOfBytesToo() {
        let large = WaitingLoad(count: 1, bytes: 1_280_256)
        var crowd = Crowd(connections: 2)
        while crowd.send(large, on: 0) {}
        #expect(crowd.waiting[0].count == 10)
        let isAccepted = crowd.send(large, on: 1)
        #expect(isAccepted)
    }

    @Test func whatHasNothingWaitingMayAlwaysWait() {
        var crowd = Crowd(
            WaitingRoom(whole: WaitingLoad(count: 4, bytes: 1_000)), connections: 10)
        for number in 0..<10 {
            let isFirstAccepted = crowd.send(WaitingLoad(count: 1, bytes: 5_000), on: number)
            let isSecondAccepted = crowd.send(Self.one, on: number)
            #expect(isFirstAccepted && !isSecondAccepted)
        }
    }

    @Test func fewerMayWaitWhereAnswersAreLateAndMoreAgainWhereTheyAreNot() {
        let room = WaitingRoom()
        var now = Instant.zero + .seconds(1)
        func answer(after wait: Duration, times: Int = 1, every interval: Duration) -> Int {
            for _ in 0..<times {
                room.note(wait, at: now)
                now = now + interval
            }
            return room.countLimit
        }
        let usual = WaitingRoom.changeInterval
        #expect(answer(after: .milliseconds(1), every: usual) == 16_384)
        #expect(answer(after: .milliseconds(251), every: .zero) == 12_288)
        // Thousands of answers at once say no more than one of them.
        #expect(answer(after: .milliseconds(900), times: 5_000, every: .nanoseconds(1)) == 12_288)
        now = now + usual
        #expect(answer(after: .milliseconds(251), every: usual) == 9_216)
        // Neither late nor soon.
        #expect(answer(after: .milliseconds(250), every: usual) == 9_216)
        #expect(answer(after: .milliseconds(125), every: usual) == 9_216)
        #expect(answer(after: .seconds(5), times: 100, every: usual) == WaitingRoom.leastCount)
        // One alone may still have something waiting, and have more of it than one.
        var crowd = Crowd(room, connections: 1)
        crowd.flood(Self.one)
        #expect(crowd.total.count == 62)
        #expect(answer(after: .milliseconds(124), every: usual) == 2_304)
        #expect(answer(after: .zero, times: 100, every: usual) == 16_384)
    }

    @Test func whatLeavesMakesRoom() {
        let whole = WaitingLoad(count: 64, bytes: 1 << 20)
        var crowd = Crowd(WaitingRoom(whole: whole), connections: 1)
        crowd.flood(Self.one)
        let most = crowd.total
        for _ in 0..<100 {
            crowd.room.leave(crowd.waiting[0])
            crowd.waiting[0] = WaitingLoad()
            crowd.flood(Self.one)
            #expect(crowd.total == most)
        }
    }
}
