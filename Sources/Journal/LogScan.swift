import Basics

/// Walks the log from its beginning, or from the segment that a snapshot makes the first one
/// needed, and says how far it is good.
///
/// An offset is *named* if a copy of a header stands, in whatever segment, of a batch that begins
/// there: whoever wrote it had been told that everything below is durable. Offsets count the bytes
/// of batches over the whole log; a segment's first batch has the offset at which the batch before
/// it ended. That makes the first offset of a later segment a cut as well: whatever an earlier
/// segment holds at it or beyond it is void (a batch that was in doubt and given up, the rest of a
/// torn one), without a byte of it having to be erased.
///
/// | at the end of the good batches stands | and behind it | verdict |
/// |---|---|---|
/// | nothing but zeroes | nothing but zeroes | whole |
/// | no header of a batch beginning here | anything but a header | torn, cut here |
/// | a header of a batch beginning here, bad body | no header of a later batch | in doubt |
/// | anything | a header of a later batch | corrupt here |
///
/// A header that stands where it doesn't belong, be it in another segment's file, was misdirected
/// by the disk, and yet proves that its batch was begun: one that begins at the end of the good
/// batches leaves the node in doubt, a later one is corruption.
struct LogScan {
    enum Finding: Hashable {
        case whole
        case torn(TornTail)
        case inDoubt(JournalPosition)
        case corrupt(file: String, offset: Int, detail: String)
    }

    var finding = Finding.whole
    /// The surviving records: consecutive indices.
    var records: [JournalRecord] = []
    /// The end of the log: its last record, or where it restarted.
    var last = JournalPosition.start
    /// The index of the first entry that the log could hold; nil until it is known.
    var first: LogIndex?
    /// The log begins behind this position by the word of a restart.
    var restartedAfter: JournalPosition?
    var doubt: JournalPosition?
    var isDamaged = false
    /// The furthest position named by any header.
    var reached = JournalPosition.start
    /// Where the good batches end: in the log, in the last segment that has one, and the
    /// checksum to continue.
    var offset: UInt64 = 0
    var position = 0
    var checksum: UInt32 = 0
    /// Beyond every offset that any header names or covers.
    var furthestOffset: UInt64 = 0
    /// The segments that are needed, in order, with the index of their first record if their
    /// first batch is good; blank ones aren't among them.
    var segments: [RetainedSegment] = []
    /// Files that nothing needs any more.
    var superfluous: [String] = []
    var spare: SegmentName?
    /// Files with a misdirected header that leaves the node in doubt: nothing else tells of it.
    var evidence: [String] = []
    var blemishes: [String] = []

    /// `covered` is the last index of the snapshot that the log will be used with; zero if none.
    init(_ images: [SegmentImage], covered: LogIndex) {
        let based = images.indices.filter { images[$0].base != nil }
        for index in based { note(images[index]) }
        for stray in images.flatMap(\.strays) {
            reached = max(reached, stray.last)
            furthestOffset = max(furthestOffset, stray.offset + UInt64(stray.distance))
        }
        guard let lastBased = based.last else {
            finding = .corrupt(
                file: images.first?.name.description ?? "segment", offset: 0,
                detail: "no batch header stands in any segment")
            return
        }
        let limits = LogScan.limits(of: images, based: based)
        let first = LogScan.firstNeeded(images, based: based, limits: limits, covered: covered)
        superfluous = images[..<first].map(\.name.description)
        var isFirst = true
        for index in based where index >= first && finding == .whole {
            let limit = index == lastBased ? nil : limits[index]
            guard images[index].base! < limit ?? .max else {
                segments.append(RetainedSegment(images[index].name, first: nil))
                continue
            }
            walk(images[index], to: limit, isFirst: isFirst)
            isFirst = false
        }
        if case .corrupt = finding { return }
        sortOut(images[(lastBased + 1)...], last: images[lastBased])
        let before = images[first..<lastBased].filter { $0.base == nil }
        superfluous += before.map(\.name.description)
        for image in images {
            for stray in image.strays { judge(stray, in: image) }
        }
        superfluous.removeAll { evidence.contains($0) }
    }

    private mutating func judge(_ stray: BatchHeader, in image: SegmentImage) {
        guard stray.offset >= offset else { return }
        switch finding {
        case .corrupt:
            break
        case .whole, .torn, .inDoubt:
            guard stray.offset == offset else {
                return fail(image, at: position, "a batch behind the log's end was misdirected")
            }
            evidence.append(image.name.description)
            if case .inDoubt(let position) = finding {
                finding = .inDoubt(max(position, stray.last))
            } else {
                finding = .inDoubt(stray.last)
            }
        }
    }

    private mutating func note(_ image: SegmentImage) {
        for standing in image.headers {
            reached = max(reached, standing.header.last, standing.header.doubt ?? .start)
            let end = standing.start + standing.header.distance + image.geometry.sectorBytes
            furthestOffset = max(furthestOffset, image.base! + UInt64(end))
        }
    }

    /// For each segment with a base the lowest base of the later ones: where it ends.
    private static func limits(of images: [SegmentImage], based: [Int]) -> [UInt64] {
        var limits = [UInt64](repeating: .max, count: images.count)
        var lowest = UInt64.max
        for index in based.reversed() {
            limits[index] = lowest
            lowest = min(lowest, images[index].base!)
        }
        return limits
    }

    /// The last segment that begins, soundly, with a restart or with an entry that leaves no gap
    /// behind the snapshot: whatever is before it is covered or superseded. It is the rule by
    /// which compaction deletes segments, applied again, so that a deletion that a power cut undid
    /// or did in part makes no difference.
    private static func firstNeeded(
        _ images: [SegmentImage], based: [Int], limits: [UInt64], covered: LogIndex
    ) -> Int {
        for index in based.reversed() where images[index].base! < limits[index] {
            let image = images[index]
            guard image.bytes.count == image.name.capacity,
                case .batch(let header, _, _, _) = image.batch(at: 0, continuing: nil)
            else { continue }
            if header.restarts || header.first <= covered.next { return index }
        }
        return based[0]
    }

    /// Takes the good batches of one segment. `limit` is the offset at which a later segment takes
    /// over; nil in the last one.
    private mutating func walk(_ image: SegmentImage, to limit: UInt64?, isFirst: Bool) {
        let base = image.base!
        position = 0
        if isFirst { offset = base }
        guard image.bytes.count == image.name.capacity else {
            return fail(image, at: image.bytes.count, "the file's size isn't what its name says")
        }
        guard offset == base else {
            return fail(image, at: 0, "the batches before the file's first are missing")
        }
        segments.append(RetainedSegment(image.name, first: nil))
        while offset < limit ?? .max {
            let expected = isFirst && position == 0 ? nil : checksum
            switch image.batch(at: position, continuing: expected) {
            case .batch(let header, let records, let layout, let copies):
                if let limit, base + UInt64(layout.end) > limit {
                    return fail(image, at: position, "the batch reaches into the next file")
                }
                if let gap = take(header, records) { return fail(image, at: position, gap) }
                if copies == 1 {
                    blemishes.append("\(image.name) at \(position): one copy of a batch header")
                }
                if position == 0 { segments[segments.count - 1].first = header.first }
                position = layout.end
                offset = base + UInt64(layout.end)
                checksum = header.bodyChecksum
            case .header(let header, let detail):
                return judge(image, header, detail, isLast: limit == nil)
            case .nothing:
                return judge(image, nil, "no batch header stands here", isLast: limit == nil)
            }
        }
    }

    /// Adds a good batch to the log; returns what is wrong with its place.
    private mutating func take(_ header: BatchHeader, _ batch: [JournalRecord]) -> String? {
        if header.restarts {
            records = []
            restartedAfter = header.last
            first = header.first
        }
        for record in batch {
            if first != nil, record.index > last.index.next { return "a record leaves a gap" }
            first = min(first ?? record.index, record.index)
            if let held = records.first {
                let kept = record.index > held.index ? record.index - held.index : 0
                if kept < records.count { records.removeLast(records.count - kept) }
            }
            records.append(record)
            last = record.position
        }
        last = header.last
        doubt = header.doubt
        isDamaged = header.isDamaged
        return nil
    }

    /// The good batches end at `position`: what does that mean?
    private mutating func judge(
        _ image: SegmentImage, _ header: BatchHeader?, _ detail: String, isLast: Bool
    ) {
        #if MUTANTS
        if PlantedBug.isOn(.recoveryCutsAtFirstBad) {
            finding = .torn(TornTail(file: image.name.description, offset: position))
            return
        }
        #endif
        let end = position
        guard isLast, !image.headers.contains(where: { $0.start > end && $0.position >= end })
        else { return fail(image, at: position, detail) }
        if let header {
            finding = .inDoubt(max(header.last, header.doubt ?? .start))
            isDamaged = isDamaged || header.isDamaged
        } else if !image.isBlank(from: position) {
            finding = .torn(TornTail(file: image.name.description, offset: position))
        }
    }

    private mutating func fail(_ image: SegmentImage, at offset: Int, _ detail: String) {
        finding = .corrupt(file: image.name.description, offset: offset, detail: detail)
    }

    /// Behind the last segment with a header: one prepared for use, or the rest of a first batch.
    private mutating func sortOut(_ images: ArraySlice<SegmentImage>, last: SegmentImage) {
        for image in images {
            if image.bytes.count != image.name.capacity {
                finding = .corrupt(
                    file: image.name.description, offset: image.bytes.count,
                    detail: "the file's size isn't what its name says")
            } else if image.isBlank(from: 0), spare == nil {
                spare = image.name
            } else {
                superfluous.append(image.name.description)
                if !image.isBlank(from: 0), finding == .whole {
                    finding = .torn(TornTail(file: image.name.description, offset: 0))
                }
            }
        }
    }
}

/// A segment that is still needed.
struct RetainedSegment: Hashable, Sendable {
    var name: SegmentName
    /// The index of its first record, once that is durable; what a restart leaves behind it
    /// counts. Nil if its first batch isn't good: then nothing before it may be deleted for it.
    var first: LogIndex?

    init(_ name: SegmentName, first: LogIndex?) {
        self.name = name
        self.first = first
    }
}
