import Basics

/// The faults of a run as bands: from the strike to what set it right.
struct PictureFaults {
    struct Band {
        var fault: PlannedFault
        var end: Instant

        func write(_ json: inout CompactJSON) {
            json.array { json in
                json.number(fault.at.microseconds)
                json.number(end.microseconds)
                json.string(fault.kind.rawValue)
                json.string(fault.summary)
                json.array { json in
                    for node in fault.nodes { json.number(node.rawValue) }
                }
            }
        }
    }

    let bands: [Band]

    init(_ subject: RunPicture.Subject) {
        bands =
            subject.plan.map { Self.bands(of: $0, subject) }
            ?? Self.bands(of: subject.trace.items, end: subject.end)
    }

    /// As planned; the quiet ends what touches the healed.
    private static func bands(
        of plan: [PlannedFault], _ subject: RunPicture.Subject
    ) -> [Band] {
        let healed = subject.healed ?? subject.end
        return plan.filter { $0.at < min(healed, subject.end) }.map { fault in
            guard !fault.repairs.isEmpty else { return Band(fault: fault, end: fault.at) }
            let planned = fault.at + fault.lasting
            if planned < healed { return Band(fault: fault, end: min(planned, subject.end)) }
            // What touches the node that is never healed stays.
            let stays = fault.nodes.contains { $0 == subject.broken }
            return Band(fault: fault, end: min(stays ? subject.end : healed, subject.end))
        }
    }

    /// As the trace tells: each fault lasts until one that ends it.
    private static func bands(of items: [Trace.Item], end: Instant) -> [Band] {
        var strikes: [(at: Instant, fault: Fault)] = []
        for item in items {
            if case .fault(let fault) = item.event { strikes.append((item.time, fault)) }
        }
        var bands: [Band] = []
        for (position, strike) in strikes.enumerated() {
            guard let kind = strike.fault.kind else { continue }
            let ender = strikes[(position + 1)...].first { $0.fault.ends(strike.fault) }
            let over = strike.fault.lasts ? ender?.at ?? end : strike.at
            // What one line of a script does is one band.
            if let last = bands.last, last.fault.at == strike.at, last.fault.kind == kind,
                last.end == over
            {
                bands[bands.count - 1].fault.faults.append(strike.fault)
            } else {
                let fault = PlannedFault(kind: kind, at: strike.at, faults: [strike.fault])
                bands.append(Band(fault: fault, end: over))
            }
        }
        return bands
    }
}

extension Fault {
    /// The kind of trouble that this alone is; nil if it sets something right.
    fileprivate var kind: FaultKind? {
        switch self {
        case .cut: .cut
        case .clog(_, _, let lag): lag > .zero ? .clog : nil
        case .narrow: .narrow
        case .reset: .reset
        case .corrupt: .corrupt
        case .replay: .replay
        case .crash(_, let losingPower): losingPower ? .powerLoss : .crash
        case .crashAmidEffects: .crashAmidEffects
        case .crashAmidWrite: .crashAmidWrite
        case .pause: .pause
        case .stop: .stop
        case .slowDisk(_, let lag): lag > .zero ? .slowDisk : nil
        case .hangDisk: .hungDisk
        case .fillDisk: .fullDisk
        case .failDisk: .diskError
        case .rot, .rotTail: .rot
        case .misread: .misread
        case .misdirect: .misdirect
        case .wipe: .wipe
        case .shiftWallClock(_, let offset): offset == .zero ? nil : .wallClock
        case .driftClock(_, let rate): rate == 0 ? nil : .drift
        case .join, .add, .promote: .join
        case .remove: .removal
        case .mend, .mendAll, .widen, .restart, .resume, .freeDisk, .makeRoom, .reformat: nil
        }
    }

    /// Whether it goes on until something ends it.
    fileprivate var lasts: Bool {
        switch self {
        case .reset, .corrupt, .replay, .failDisk, .rot, .rotTail, .misread, .misdirect, .join,
            .add, .promote, .remove:
            false
        default: true
        }
    }

    /// Whether this sets the other right, or takes its place.
    fileprivate func ends(_ other: Fault) -> Bool {
        switch (other, self) {
        case (.cut, .mendAll): true
        case (.cut(let from, let to), .mend(let begin, let end)),
            (.clog(let from, let to, _), .clog(let begin, let end, _)),
            (.narrow(let from, let to, _), .widen(let begin, let end)):
            from == begin && to == end
        case (.pause(let node), .resume(let other)), (.pause(let node), .crash(let other, _)),
            (.slowDisk(let node, _), .slowDisk(let other, _)),
            (.hangDisk(let node), .freeDisk(let other)),
            (.fillDisk(let node), .makeRoom(let other)),
            (.shiftWallClock(let node, _), .shiftWallClock(let other, _)),
            (.driftClock(let node, _), .driftClock(let other, _)),
            (.crash(let node, _), .restart(let other)),
            (.crashAmidEffects(let node, _), .restart(let other)),
            (.crashAmidWrite(let node, _), .restart(let other)),
            (.stop(let node), .restart(let other)), (.wipe(let node), .reformat(let other)):
            node == other
        default: false
        }
    }
}

extension PlannedFault {
    /// The nodes that it touches, each once.
    var nodes: [NodeID] {
        var nodes: [NodeID] = []
        for node in faults.flatMap(\.nodes) where !nodes.contains(node) { nodes.append(node) }
        return nodes
    }
}

extension PlannedFault {
    /// What strikes, in a few words: a cut by its links, a crash of all as one.
    var summary: String {
        if kind == .crashAll { return kind.rawValue }
        guard [.cut, .oneWayCut, .bridge, .ring].contains(kind) else {
            return faults.map(\.text).joined(separator: ", ")
        }
        var links: [String] = []
        for fault in faults {
            guard case .cut(let from, let to) = fault else { continue }
            let isMutual = faults.contains(.cut(from: to, to: from))
            guard isMutual else {
                links.append("\(from)→\(to)")
                continue
            }
            if from < to { links.append("\(from)–\(to)") }
        }
        return "cut \(links.joined(separator: ", "))"
    }
}
