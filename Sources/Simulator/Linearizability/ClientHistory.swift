import Basics
import Keyring
import Replica

/// What all clients of a run asked and were answered, judged as the history of many objects: one
/// for each key, and one for each user's credits with an API. A history is linearizable if that of
/// each object is (Herlihy and Wing, "Linearizability", 1990), which makes the search short.
///
/// Unlike `LogReplay` this knows nothing of the log but its times: it judges what the clients saw
/// by the clients' clock alone, and would stand if there were no log.
///
/// The history must be complete from the empty cluster on, asked with operators' tokens, and be
/// shorter in log time than ids and revoked keys are remembered. A command that concerns several
/// objects (a user's removal, a charge, which is its key's and its user's) is a call in the
/// history of each: that one order explains all of them together isn't judged.
struct ClientHistory {
    /// Something that no order explains, or that no order was found for within the bound.
    struct Finding {
        /// Of what the history is, or which id.
        var subject: String
        /// The calls that show it, one a line.
        var detail: String
    }

    struct Report {
        /// Histories judged, and the calls in them.
        var histories = 0
        var calls = 0
        /// The calls of the longest.
        var longest = 0
        var violations: [Finding] = []
        /// Given up: not known to be linearizable.
        var undecided: [Finding] = []
    }

    /// In the order of their invocations.
    let operations: [RecordedOperation]
    let directory: KeyDirectory
    let dates: LogDates
    let moments: LogMoments
    /// What was asked, a charge of several at a time.
    let deeds: [Deed]
    /// One id, two answers.
    let contradictions: [Finding]

    /// - Parameters:
    ///   - operations: all that were asked, in any order.
    ///   - logTimes: the time of each committed entry, index 1 first.
    ///   - start: the time at which the cluster was formed.
    init(_ operations: [RecordedOperation], logTimes: [Timestamp], since start: Timestamp) {
        let order = operations.indices.sorted {
            (operations[$0].invoked, $0) < (operations[$1].invoked, $1)
        }
        self.operations = order.map { operations[$0] }
        directory = KeyDirectory(self.operations)
        dates = LogDates(logTimes, since: start)
        moments = LogMoments(operations, entries: logTimes.count)
        var decisions = Decisions(self.operations, directory)
        decisions.settle()
        deeds = decisions.deeds
        contradictions = decisions.contradictions
    }

    /// Judges the history of each object.
    ///
    /// - Parameter limit: the most configurations explored for one; beyond it the history is given
    ///   up and reported as undecided.
    func check(limit: Int = 200_000) -> Report {
        var report = Report()
        let objects = ObjectHistories(of: self)
        report.violations = contradictions + objects.strays
        for (key, history) in objects.keys {
            let model = KeyModel(expiresAt: directory.key(key)?.expiresAt)
            judge(history, of: "\(key)", model, limit, &report)
        }
        for (line, history) in objects.credits {
            let credits = CreditModel(
                dates: dates.days, mayHavePool: directory.mayHavePool(line),
                holds: history.holds.map { $0.terms(dates) })
            judge(
                history.lapsingHolds(dates, moments).turningDays(dates),
                of: "\(line.user)/\(line.api.slug)", credits, limit,
                &report)
        }
        return report
    }

    private func judge<Model: SequentialModel>(
        _ history: ObjectHistory<Model.Call>, of subject: String, _ model: Model, _ limit: Int,
        _ report: inout Report
    ) where Model.Return == KeyclaveReturn {
        report.histories += 1
        report.calls += history.calls.count
        report.longest = max(report.longest, history.calls.count)
        switch LinearizabilitySearch<Model>.verdict(
            on: history.calls, model: model, limit: limit)
        {
        case .linearizable: break
        case .notLinearizable(let refutation):
            report.violations.append(
                Finding(subject: subject, detail: describe(refutation, history)))
        case .undecided(let explored):
            report.undecided.append(
                Finding(
                    subject: subject,
                    detail: "\(history.calls.count) calls, \(explored) configurations explored"))
        }
    }
}

// For people.
extension ClientHistory {
    /// How much of the order that leads to what can't be explained is shown.
    private static let shownCalls = 12

    private func describe<Call>(_ refutation: Refutation, _ history: ObjectHistory<Call>) -> String
    {
        let placed = Set(refutation.order)
        let shown = refutation.order.suffix(Self.shownCalls)
        let open = refutation.prefix.filter { !placed.contains($0) && $0 != refutation.call }
        var lines = ["no order explains", describe(refutation.call, history)]
        lines.append("after \(refutation.order.count) calls, the last of them")
        lines += shown.map { describe($0, history) }
        if !open.isEmpty { lines.append("with these open") }
        lines += open.map { describe($0, history) }
        return lines.joined(separator: "\n")
    }

    private func describe<Call>(_ position: Int, _ history: ObjectHistory<Call>) -> String {
        let call = history.calls[position]
        guard let deed = history.deeds[position] else {
            return "  log time: a day turns, a key ends"
        }
        let operation = operations[deeds[deed].operation]
        let end = call.returned.map { "\($0.seconds) s" } ?? "never"
        let result = call.result.map(\.brief) ?? "unknown"
        return
            "  client \(operation.client), \(call.invoked.seconds) s to \(end): \(deeds[deed].text)"
            + " -> \(result)"
    }
}
