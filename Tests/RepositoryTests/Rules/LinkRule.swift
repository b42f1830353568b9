/// Every relative link of a page leads to a file of the repository.
enum LinkRule {
    /// - Parameters:
    ///   - markdown: The page's text.
    ///   - path: Where the page stands, relative to the root.
    ///   - exists: Whether there is a file or folder at a path relative to the root.
    /// - Returns: One finding a link, in the order of the page.
    static func findings(in markdown: String, at path: String, exists: (String) -> Bool) -> [Finding] {
        let folder = path.split(separator: "/").dropLast().map(String.init)
        return links(in: markdown).compactMap { line, target in
            guard let destination = resolve(target, from: folder) else {
                return Finding(path, line, "the link \(target) leads out of the repository")
            }
            return exists(destination) ? nil : Finding(path, line, "the link \(target) leads nowhere")
        }
    }

    /// The relative targets, without `#anchor` and title, and the lines (from 1) they stand in.
    static func links(in markdown: String) -> [(line: Int, target: String)] {
        var isFenced = false
        var found: [(line: Int, target: String)] = []
        for (index, line) in markdown.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let isFence = line.drop { $0 == " " }.hasPrefix("```")
            if isFence { isFenced.toggle() }
            guard !isFence, !isFenced else { continue }
            let targets = inlineTargets(in: line) + [definitionTarget(in: line)].compactMap { $0 }
            found += targets.compactMap(relativePath).map { (index + 1, $0) }
        }
        return found
    }

    /// `target` of every `[text](target)` and `![text](target)` that stands outside backticks.
    private static func inlineTargets(in line: Substring) -> [Substring] {
        var rest = withoutCode(line)[...]
        var targets: [Substring] = []
        while let open = rest.firstRange(of: "](") {
            rest = rest[open.upperBound...]
            targets.append(rest.prefix { $0 != ")" })
        }
        return targets
    }

    /// `target` of `[name]: target`.
    private static func definitionTarget(in line: Substring) -> Substring? {
        guard line.hasPrefix("["), let end = line.firstRange(of: "]: ") else { return nil }
        return line[end.upperBound...]
    }

    private static func withoutCode(_ line: Substring) -> String {
        let parts = line.split(separator: "`", omittingEmptySubsequences: false)
        return parts.enumerated().map { $0.offset.isMultiple(of: 2) ? String($0.element) : "" }.joined(
            separator: "`")
    }

    /// `nil` for an address with a scheme (`https:`, `mailto:`) and for an anchor of the same page.
    private static func relativePath(_ target: Substring) -> String? {
        let address = target.drop { $0 == " " || $0 == "<" }.prefix { $0 != " " && $0 != ">" }
        let path = address.prefix { $0 != "#" && $0 != "?" }
        let scheme = path.prefix { $0.isLetter || $0 == "+" }
        guard !path.isEmpty, path.dropFirst(scheme.count).first != ":" else { return nil }
        return String(path)
    }

    /// `nil` if the path leads above the root.
    private static func resolve(_ target: String, from folder: [String]) -> String? {
        var parts = target.hasPrefix("/") ? [] : folder
        for part in target.split(separator: "/") where part != "." {
            if part == ".." {
                guard parts.popLast() != nil else { return nil }
            } else {
                parts.append(String(part))
            }
        }
        return parts.joined(separator: "/")
    }
}
