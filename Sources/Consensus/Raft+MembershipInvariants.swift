import Basics

// What must hold of the members after every step.
extension Raft {
    var brokenLawOfConfigurations: String? {
        let changes = configurations.changes
        if changes[0].index > log.base.index { return "the members at the log's base are unknown" }
        for (earlier, later) in zip(changes, changes.dropFirst()) {
            if later.index <= earlier.index { return "configurations out of order" }
            if later.index <= log.base.index { return "a configuration before the log was kept" }
            if let broken = brokenLaw(from: earlier.configuration, to: later.configuration) {
                return broken
            }
        }
        // The newest alone: the others were it once, and decoding all takes its time.
        if changes.count > 1, let newest = changes.last,
            entry(at: newest.index)?.configuration != newest.configuration
        {
            return "the configuration of entry \(newest.index) isn't the log's"
        }
        return nil
    }

    var brokenLawOfMembers: String? {
        if case .leader(let leading) = state { return brokenLawOfMembers(leading) }
        return isRetired && role != .follower ? "a former member seeks votes" : nil
    }

    /// Majorities before and after a change meet only if it adds or removes one voter, and a
    /// former member stays one.
    private func brokenLaw(from earlier: Configuration, to later: Configuration) -> String? {
        let changed =
            later.voters.count { !earlier.isVoter($0) }
            + earlier.voters.count { !later.isVoter($0) }
        if changed > 1 { return "\(changed) voters changed at once" }
        if later.voters.isEmpty, !earlier.voters.isEmpty { return "no voter is left" }
        if let back = earlier.former.first(where: { !later.isFormer($0.id) }) {
            return "\(back.id) isn't a former member any more"
        }
        let lost = earlier.members.first { !later.contains($0.id) && !later.isFormer($0.id) }
        if let lost { return "\(lost.id) was forgotten" }
        let renamed = earlier.members.first { member in
            guard let incarnation = member.incarnation, let present = later.member(member.id)
            else { return false }
            return present.incarnation != incarnation
        }
        return renamed.map { "the incarnation of \($0.id) changed" }
    }

    private func brokenLawOfMembers(_ leading: Leadership) -> String? {
        let others = configuration.members.filter { $0.id != id }
        if leading.progress.map(\.id) != others.map(\.id)
            || leading.progress.map(\.isVoter) != others.map({ $0.role == .voter })
        {
            return "leads others than the members"
        }
        let open = configurations.changes.filter { $0.index > commitIndex }
        let ownOpen = open.filter { log.term(at: $0.index) == term }
        if ownOpen.count > 1 { return "several changes of the members at once" }
        if !ownOpen.isEmpty, commitIndex < leading.opening {
            return "the members changed before the term was open"
        }
        if let transfer = leading.transfer, !configuration.isVoter(transfer.target) {
            return "leadership goes to nobody who may lead"
        }
        return nil
    }
}
