import Testing

@testable import Server

struct ReadBufferTests {
    private func put(_ bytes: [UInt8], into buffer: inout ReadBuffer, limit: Int) -> Int {
        let room = buffer.room(upTo: limit)
        let count = min(bytes.count, room.count)
        room.copyBytes(from: bytes.prefix(count))
        buffer.fill(count)
        return count
    }

    @Test func bytesStayInOrderThroughGrowingMovingAndShrinking() {
        var buffer = ReadBuffer()
        let limit = 100_000
        var written = 0
        var read = 0
        for round in 0..<400 {
            let bytes = (0..<(round * 37 % 3_000)).map { UInt8(truncatingIfNeeded: written + $0) }
            written += put(bytes, into: &buffer, limit: limit)
            #expect(buffer.count == written - read)
            if round % 3 == 2 {
                let wanted = min(buffer.count, round * 53 % 4_000)
                for offset in 0..<wanted {
                    let expected = UInt8(truncatingIfNeeded: read + offset)
                    if buffer.filled[offset] != expected { Issue.record("byte \(read + offset)") }
                }
                buffer.consume(wanted)
                read += wanted
            }
        }
        #expect(written > 200_000)
    }

    @Test func whatGrewForOneRequestDoesNotStaySoWhenOthersFollowAtOnce() {
        var buffer = ReadBuffer()
        let limit = 1 << 20
        while put([UInt8](repeating: 1, count: 50_000), into: &buffer, limit: limit) > 0 {}
        #expect(buffer.capacity == limit)
        // All but the beginning of the next request, which is there already.
        buffer.consume(limit - 3)
        #expect(put([7], into: &buffer, limit: limit) == 1)
        #expect(buffer.capacity == ReadBuffer.usualCapacity)
        #expect(Array(buffer.filled) == [1, 1, 1, 7])
    }

    @Test func aFullBufferHasNoRoom() {
        var buffer = ReadBuffer()
        let limit = 30_000
        while put([UInt8](repeating: 1, count: 7_000), into: &buffer, limit: limit) > 0 {}
        #expect(buffer.count == limit)
        buffer.consume(1)
        #expect(put([2], into: &buffer, limit: limit) == 1)
        #expect(buffer.count == limit)
        #expect(buffer.filled[limit - 1] == 2)
        buffer.removeAll()
        #expect(buffer.isEmpty == true)
    }
}
