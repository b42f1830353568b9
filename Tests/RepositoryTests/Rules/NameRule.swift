/// A name says what a thing is for; these words say only that nobody decided where it belongs.
enum NameRule {
    private static let forbidden = ["Utils", "Util", "Utilities", "Helpers", "Helper", "Manager", "Common"]
    private static let declarations: Set<String> = [
        "struct", "class", "enum", "actor", "protocol", "typealias",
    ]
    /// Types of other people that a file may extend: `FileManager+Copy.swift`.
    private static let foreign: Set<String> = ["FileManager"]

    static func findings(in file: SourceFile) -> [Finding] {
        let folders = file.path.split(separator: "/").dropLast().map(String.init)
        let stems = file.stem.split(separator: "+").map(String.init)
        let places = (folders + stems).filter(isForbidden).map { name in
            Finding(file.path, 1, "\(name) names no thing: call the file after what it holds")
        }
        return places + types(file)
    }

    private static func types(_ file: SourceFile) -> [Finding] {
        file.code.enumerated().flatMap { index, line -> [Finding] in
            let words = line.words
            return zip(words, words.dropFirst()).compactMap { keyword, name -> Finding? in
                guard declarations.contains(keyword), isForbidden(name) else { return nil }
                return Finding(
                    file.path, index + 1, "\(name) names no thing: call the type after what it does")
            }
        }
    }

    private static func isForbidden(_ name: String) -> Bool {
        !foreign.contains(name) && forbidden.contains { name.hasSuffix($0) }
    }
}
