import Mustache

/// Makes pages of templates. Everything that a template shows is escaped, except what another template or a
/// picture of this room has made.
package struct PageRenderer: Sendable {
    private let library: MustacheLibrary

    package init() {
        MustacheContentTypes.register(PageText(), named: PageText.name)
        var library = MustacheLibrary()
        for (name, bytes) in Self.templates {
            do { try library.register(String(decoding: bytes, as: UTF8.self), named: name) } catch {
                fatalError("the built-in template \(name) cannot be read: \(error)")
            }
        }
        self.library = library
        // Read now, and not while somebody waits for the first page.
        _ = Words.catalogue
    }

    /// A whole page.
    ///
    /// - Parameters:
    ///   - template: one of ``Template``.
    ///   - model: what it shows, as a struct whose properties bear the names that the template uses.
    package func page(_ template: Template, _ model: some Sendable, in shell: Shell) -> String {
        var context = PageContext(words: shell.words, csrf: shell.csrf, root: shell.root, model: model)
        TemplateCheck.look(template.rawValue, context)
        context.model = PageNode.prepared(model)
        let main = library.render(context, withTemplate: template.rawValue) ?? ""
        let filled = shell.filled(with: main, of: template)
        TemplateCheck.look("shell", filled)
        return PageNode.prepared(filled).flatMap { library.render($0, withTemplate: "shell") } ?? ""
    }
}

/// The model of a page, and what every form of it needs.
struct PageContext: MustacheParent {
    let words: Words
    let csrf: String
    let root: String
    var model: Any?

    func child(named name: String) -> Any? {
        switch name {
        case "words": words
        case "csrf": csrf
        case "root": root
        case "model": model
        default: nil
        }
    }
}
