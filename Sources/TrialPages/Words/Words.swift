import Foundation
import Mustache
package import TrialModel

/// What pages say, in one language.
///
/// The texts stand in one catalogue, `Resources/words.json` (with those of the site's page and of problems
/// in files of their own): under each key the text as `en` and `zh`, and as
/// `one` what English says of exactly one. Templates name them as `{{words.savesWaiting}}`, code as
/// `words("savesWaiting", n: 3)`. A test keeps both in step with the catalogue.
package struct Words: Sendable {
    package let language: Language

    package init(_ language: Language) { self.language = language }

    /// One text of the catalogue, in every language.
    struct Entry: Decodable, Hashable, Sendable {
        let en: String
        let zh: String
        /// In English for exactly one; Chinese makes no difference.
        let one: String?
    }

    static let catalogue: [String: Entry] = {
        do {
            let shared = try JSONDecoder().decode(
                [String: Entry].self, from: Data(PackageResources.words_json))
            let ofSite = try JSONDecoder().decode(
                [String: Entry].self, from: Data(PackageResources.site_words_json))
            let ofProblems = try JSONDecoder().decode(
                [String: Entry].self, from: Data(PackageResources.problem_words_json))
            return shared.merging(ofSite) { word, _ in word }.merging(ofProblems) { word, _ in word }
        } catch { fatalError("the built-in catalogue of words cannot be read: \(error)") }
    }()

    /// A text as it stands; its key in brackets if the catalogue has none of that name.
    package func callAsFunction(_ key: String) -> String {
        guard let entry = Self.catalogue[key] else { return "[\(key)]" }
        return language == .zh ? entry.zh : entry.en
    }

    /// A text with a number in the place of `{n}`.
    package func callAsFunction(_ key: String, n: Int, _ values: [String: String] = [:]) -> String {
        guard n == 1, language == .en, let one = Self.catalogue[key]?.one else {
            return self(key, values.merging(["n": String(n)]) { old, _ in old })
        }
        return Self.fill(one, values.merging(["n": "1"]) { old, _ in old })
    }

    /// A text with values in the place of `{name}`.
    package func callAsFunction(_ key: String, _ values: [String: String]) -> String {
        Self.fill(self(key), values)
    }

    /// Fills all places at once, so that a value which looks like a place stays as it is.
    private static func fill(_ text: String, _ values: [String: String]) -> String {
        var (filled, rest) = ("", text[...])
        while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
            let name = String(rest[rest.index(after: open)..<close])
            filled += rest[..<open] + (values[name] ?? "{\(name)}")
            rest = rest[rest.index(after: close)...]
        }
        return filled + rest
    }
}

extension Words: MustacheParent {
    package func child(named name: String) -> Any? { name == "colon" ? colon : self(name) }
}
