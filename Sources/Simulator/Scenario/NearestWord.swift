/// For errors: which of the words that are known was probably meant.
enum NearestWord {
    /// The known word that takes the fewest edits, the first of equals; nil if all are far off.
    static func among(_ known: [String], to word: String) -> String? {
        var best: (word: String, distance: Int)?
        for candidate in known {
            let distance = edits(Array(word.utf8), Array(candidate.utf8))
            if distance < best?.distance ?? .max { best = (candidate, distance) }
        }
        guard let best, best.distance <= max(1, word.utf8.count / 2) else { return nil }
        return best.word
    }

    /// How many bytes must be inserted, removed, replaced or swapped with their neighbour to make
    /// one word the other (optimal string alignment).
    static func edits(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var beforeLast: [Int] = []
        var last = Array(0...right.count)
        for row in 0..<left.count {
            var current = [row + 1]
            for column in 0..<right.count {
                let isSame = left[row] == right[column]
                var least = min(last[column] + (isSame ? 0 : 1), last[column + 1] + 1)
                least = min(least, current[column] + 1)
                if row > 0, column > 0, left[row] == right[column - 1],
                    left[row - 1] == right[column]
                {
                    least = min(least, beforeLast[column - 1] + 1)
                }
                current.append(least)
            }
            beforeLast = last
            last = current
        }
        return last[right.count]
    }
}
