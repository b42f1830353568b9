/// Where two texts differ, word by word, so that nobody has to look for it in a long one.
package enum WordDifference {
    /// A part of a text, and whether the other text lacks it.
    package struct Part: Hashable, Sendable {
        package let text: String
        package let differs: Bool
    }

    /// How many pairs of words are compared; in longer texts everything between the first and the last
    /// difference is marked.
    private static let limit = 1_000_000

    /// The text in parts; put together they are the text.
    package static func parts(of text: String, against other: String) -> [Part] {
        let (own, others) = (words(of: text), words(of: other))
        var start = 0
        while start < min(own.count, others.count), own[start] == others[start] { start += 1 }
        var end = 0
        while end < min(own.count, others.count) - start,
            own[own.count - 1 - end] == others[others.count - 1 - end]
        {
            end += 1
        }
        let middle = Array(own[start..<own.count - end])
        let kept = shared(middle, Array(others[start..<others.count - end]))
        var parts: [Part] = []
        for (index, word) in own.enumerated() {
            let isMiddle = index >= start && index < own.count - end
            let differs = isMiddle && !kept.contains(index - start)
            if let last = parts.last, last.differs == differs {
                parts[parts.count - 1] = Part(text: last.text + word, differs: differs)
            } else {
                parts.append(Part(text: String(word), differs: differs))
            }
        }
        return parts
    }

    /// The places of the longest common sequence in the first of two lists.
    private static func shared(_ left: [Substring], _ right: [Substring]) -> Set<Int> {
        guard !left.isEmpty, !right.isEmpty, left.count * right.count <= limit else { return [] }
        let width = right.count + 1
        // The length of the longest common sequence of what follows each pair of places.
        var lengths = [Int32](repeating: 0, count: (left.count + 1) * width)
        for row in left.indices.reversed() {
            for column in right.indices.reversed() {
                lengths[row * width + column] =
                    left[row] == right[column]
                    ? lengths[(row + 1) * width + column + 1] + 1
                    : max(lengths[(row + 1) * width + column], lengths[row * width + column + 1])
            }
        }
        var (row, column, places) = (0, 0, Set<Int>())
        while row < left.count, column < right.count {
            if left[row] == right[column] {
                places.insert(row)
                (row, column) = (row + 1, column + 1)
            } else if lengths[(row + 1) * width + column] >= lengths[row * width + column + 1] {
                row += 1
            } else {
                column += 1
            }
        }
        return places
    }

    /// Runs of letters and digits of languages that part words by blanks, runs of blanks, and every other
    /// character by itself.
    private static func words(of text: String) -> [Substring] {
        var words: [Substring] = []
        var rest = text[...]
        while let first = rest.first {
            let kind = kind(first)
            let word = kind == .single ? rest.prefix(1) : rest.prefix { self.kind($0) == kind }
            words.append(word)
            rest = rest[word.endIndex...]
        }
        return words
    }

    private enum Kind { case word, blank, single }

    private static func kind(_ character: Character) -> Kind {
        if character.isWhitespace { return .blank }
        let isOfWord = character.isLetter || character.isNumber
        // Chinese is written without blanks.
        let isAlphabetic = character.unicodeScalars.allSatisfy { $0.value < 0x2E80 }
        return isOfWord && isAlphabetic ? .word : .single
    }
}
