import TrialPages

/// The ways through a list that is longer than a page, as the template `pages` shows them.
struct Paging: Sendable {
    /// `1 to 50 of 120`
    let shown: String
    let previous: String?
    let next: String?

    /// One page of a list.
    ///
    /// - Parameters:
    ///   - from: the row it begins with, as it stands in a URL; a row that there is none of is the first.
    ///   - rows: how many rows a page has.
    ///   - link: the URL of the page that begins with a row.
    /// - Returns: the elements of the page; no paging if that is all of them.
    static func page<Element>(
        _ all: [Element], from: String?, rows: Int, _ words: Words, link: (Int) -> String
    ) -> (elements: [Element], paging: Paging?) {
        let asked = from.flatMap { Int($0) } ?? 0
        let start = all.indices.contains(asked) ? asked : 0
        let end = min(all.count, start + rows)
        guard end - start < all.count else { return (all, nil) }
        let paging = Paging(
            shown: words("rowsShown", ["from": "\(start + 1)", "to": "\(end)", "all": "\(all.count)"]),
            previous: start > 0 ? link(max(0, start - rows)) : nil, next: end < all.count ? link(end) : nil)
        return (Array(all[start..<end]), paging)
    }
}
