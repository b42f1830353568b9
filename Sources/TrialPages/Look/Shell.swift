package import TrialModel

/// What stands around every page: where one is, how the data stands, and the ways on.
package struct Shell: Sendable {
    /// The state of the data, in words, with a mark.
    package struct State: Sendable {
        /// A class of the style sheet, each with a mark of its own shape.
        package enum Kind: String, Sendable { case safe, waiting, stopped }

        package let kind: String
        package let text: String

        package init(_ kind: Kind, _ text: String) { (self.kind, self.text) = (kind.rawValue, text) }
    }

    /// What waits for a person, beside the state of the data: `2 conflicts`, with the way there.
    package struct Duty: Sendable {
        package let href: String
        package let text: String
        /// A class of the style sheet: `attention`, `conflict`.
        package let mark: String

        package init(href: String, text: String, mark: String) {
            (self.href, self.text, self.mark) = (href, text, mark)
        }
    }

    /// A way to another page.
    package struct Entry: Sendable {
        package let href: String
        package let label: String
        /// What is open there; `nil` if nothing.
        package let count: String?
        package let isCurrent: Bool

        package init(href: String, label: String, count: Int = 0, isCurrent: Bool) {
            (self.href, self.label, self.isCurrent) = (href, label, isCurrent)
            self.count = count > 0 ? String(count) : nil
        }
    }

    /// What happened, or what went wrong and what to do.
    package struct Notice: Sendable {
        package enum Kind: String, Sendable { case done, attention, problem }

        package let kind: String
        package let text: String
        package let remedy: String?
        /// The exact message in English, the language of commands, where the text is in another.
        package let detail: String?
        /// The role that makes screen readers say it.
        package let live: String
        /// A long text to be copied whole, in a field of its own.
        package var copy: String?
        /// The places on the page that it speaks of.
        package var links: [Link] = []

        /// The way to a place on the page.
        package struct Link: Hashable, Sendable {
            package let href: String
            package let label: String
            /// Whether this page is to stay as it is.
            package let opensTab: Bool

            package init(href: String, label: String, opensTab: Bool = false) {
                (self.href, self.label, self.opensTab) = (href, label, opensTab)
            }
        }

        package init(_ kind: Kind, _ text: String, remedy: String? = nil, detail: String? = nil) {
            (self.kind, self.text, self.remedy) = (kind.rawValue, text, remedy)
            self.detail = detail
            live = kind == .problem ? "alert" : "status"
        }

        /// What happened and what to do, in the reader's language: the message itself if it is in that
        /// language, else what the problem's code means, with the message below it.
        package init(_ problem: Problem, _ words: Words) {
            let isSpecific = problem.remedy != problem.code.remedy
            let remedy = words("problem.\(problem.code.rawValue).remedy")
            guard problem.language != words.language else {
                self.init(.problem, problem.message, remedy: isSpecific ? problem.remedy : remedy)
                return
            }
            self.init(
                .problem, problem.sentence(words), remedy: remedy,
                detail: isSpecific ? "\(problem.message); \(problem.remedy)" : problem.message)
        }
    }

    package struct Person: Sendable {
        package let name: String
        package let role: String
        /// Whose page an open one is, also to a program that was started again: the name, and the store.
        package let id: String

        package init(name: String, role: String, store: String = "") {
            (self.name, self.role, id) = (name, role, store.isEmpty ? name : "\(name) \(store)")
        }
    }

    /// What can be done about the way to the centre, and how far it has come.
    package struct Sync: Sendable {
        package let action: String
        package let label: String
        /// How many are sent, of how many; `nil` while nothing is on its way.
        package let bar: Bar?
        /// Whether something goes on of which nobody can say how far it is.
        package let isBusy: Bool

        package struct Bar: Sendable {
            package let value: String
            package let max: String
        }

        package init(
            action: String, label: String, sent: Int? = nil, of all: Int = 0, isBusy: Bool = false
        ) {
            (self.action, self.label, self.isBusy) = (action, label, isBusy)
            bar = sent.map { Bar(value: String($0), max: String(Swift.max(1, all))) }
        }
    }

    struct Menu: Sendable { let entries: [Entry] }

    struct LanguageChoice: Sendable {
        let tag: String
        let htmlTag: String
        let name: String
        let isCurrent: Bool
    }

    package var title: String
    /// The study, and the site if there is one.
    package var place: String
    package var words: Words
    package var state: State?
    /// Only a site's page has these; the console says it in its state.
    package var duties: [Duty] = []
    package var person: Person?
    package var entries: [Entry] = []
    package var notice: Notice?
    /// The session's token against forged requests; empty before the log-in.
    package var csrf = ""
    /// The page's own path, to come back to.
    package var path: String
    /// What stands before every path: `/` here, another folder behind a proxy.
    package var root = "/"
    /// Where to listen for news; `nil` if the page never changes by itself.
    package var news: String?
    /// Whether it answers a form: it shows what was filled in, so that no news put another page in its place.
    package var isAnswer = false
    /// The sync line's button; only a site's page has one.
    package var sync: Sync?
    /// Whether this is a site's page: it has a screen lock, and a style and a script of its own.
    package var isSite = false

    package init(title: String, place: String, words: Words, path: String) {
        (self.title, self.place, self.words, self.path) = (title, place, words, path)
    }

    /// As the template reads it.
    struct Filled: Sendable {
        /// Which page it is, for whoever looks at the source: a test of all pages does.
        let template: String
        let title: String
        /// What the browser shows of the page in its tab, and keeps in its history.
        let tab: String
        let place: String
        let words: Words
        let languageTag: String
        let languages: [LanguageChoice]
        let state: State?
        let duties: [Duty]
        let person: Person?
        let menu: Menu?
        let notice: Notice?
        let csrf: String
        let path: String
        let root: String
        let news: String?
        let isAnswer: Bool
        let sync: Sync?
        let isSite: Bool
        let main: String
    }

    func filled(with main: String, of template: Template) -> Filled {
        Filled(
            template: template.rawValue, title: title, tab: template.kind.map { words($0) } ?? title,
            place: place, words: words, languageTag: words.language.htmlTag,
            languages: Language.allCases.map {
                LanguageChoice(
                    tag: $0.rawValue, htmlTag: $0.htmlTag, name: $0.ownName, isCurrent: $0 == words.language)
            }, state: state, duties: duties, person: person,
            menu: entries.isEmpty ? nil : Menu(entries: entries),
            notice: notice, csrf: csrf, path: path, root: root, news: news, isAnswer: isAnswer, sync: sync,
            isSite: isSite, main: main)
    }
}

extension Language {
    /// As `lang` has it.
    package var htmlTag: String {
        switch self {
        case .en: "en"
        case .zh: "zh-Hans"
        }
    }

    /// In the language itself.
    var ownName: String {
        switch self {
        case .en: "English"
        case .zh: "简体中文"
        }
    }

    /// The language that a browser asks for first, of those there are; English if it asks for neither.
    package init(accepting header: String?) {
        let wanted = (header ?? "").split(separator: ",").compactMap { part -> Language? in
            let tag = part.split(separator: ";").first?.drop { $0 == " " }.prefix(2).lowercased() ?? ""
            return Language(rawValue: tag)
        }
        self = wanted.first ?? .en
    }
}

extension Problem {
    /// What happened, in the reader's language: the message itself, or what its code means.
    package func sentence(_ words: Words) -> String {
        language == words.language ? message : words("problem.\(code.rawValue)")
    }
}
