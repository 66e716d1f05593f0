/// Finds what was probably meant.
enum Suggestion {
    /// The one of `candidates` that is nearest to `word`: begun by its three letters or more, or
    /// at most two letters apart (one for words of up to three), or begun by two. Nil if none is;
    /// the first of equals.
    static func nearest(to word: String, among candidates: [String]) -> String? {
        if word.count >= 3, let begun = candidates.first(where: { $0.hasPrefix(word) }) {
            return begun
        }
        let allowed = word.count <= 3 ? 1 : 2
        var best: (distance: Int, candidate: String)?
        for candidate in candidates {
            let distance = distance(Array(word), Array(candidate))
            if distance <= allowed, distance < best?.distance ?? .max {
                best = (distance, candidate)
            }
        }
        if let best { return best.candidate }
        return word.count >= 2 ? candidates.first { $0.hasPrefix(word) } : nil
    }

    /// Insertions, deletions, replacements and swaps of neighbours that lead from one word to the
    /// other (optimal string alignment: no letter is touched twice).
    static func distance(_ one: [Character], _ other: [Character]) -> Int {
        var beforeLast = [Int](repeating: 0, count: other.count + 1)
        var last = Array(0...other.count)
        for (row, letter) in one.enumerated() {
            var current = [row + 1]
            for (column, otherLetter) in other.enumerated() {
                var cost = min(
                    last[column + 1] + 1, current[column] + 1,
                    last[column] + (letter == otherLetter ? 0 : 1))
                if row > 0, column > 0, letter == other[column - 1], one[row - 1] == otherLetter {
                    cost = min(cost, beforeLast[column - 1] + 1)
                }
                current.append(cost)
            }
            (beforeLast, last) = (last, current)
        }
        return last[other.count]
    }
}
