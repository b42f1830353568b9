import Mustache

/// Finds the names of a template that its model does not have: Mustache renders those as nothing, and says
/// nothing.
///
/// Tests set ``report``, and so look at every page that they ask for; elsewhere it costs one comparison.
package enum TemplateCheck {
    /// Is told `TEMPLATE: NAME` of each.
    @TaskLocal package static var report: (@Sendable (String) -> Void)?

    /// A tag of a template.
    private struct Tag {
        let kind: Character
        let name: String
    }

    static func look(_ template: String, _ context: Any) {
        guard let report else { return }
        var missing: Set<String> = []
        walk(template, tags(of: template)[...], [context], &missing)
        for name in missing.sorted() { report("\(template): \(name)") }
    }

    private static func tags(of template: String) -> [Tag] {
        let text = String(decoding: PageRenderer.templates[template] ?? [], as: UTF8.self)
        var tags: [Tag] = []
        var rest = text[...]
        while let open = rest.firstRange(of: "{{"), let close = rest[open.upperBound...].firstRange(of: "}}")
        {
            var name = rest[open.upperBound..<close.lowerBound]
            rest = rest[close.upperBound...]
            if name.first == "{" {
                name = name.dropFirst()
                rest = rest.dropFirst()
            }
            let kind: Character = name.first.flatMap { "#^/>%".contains($0) ? $0 : nil } ?? "="
            if kind != "=" { name = name.dropFirst() }
            if kind != "%" { tags.append(Tag(kind: kind, name: String(name))) }
        }
        return tags
    }

    private static func walk(
        _ template: String, _ tags: ArraySlice<Tag>, _ stack: [Any], _ missing: inout Set<String>
    ) {
        var rest = tags
        while let tag = rest.popFirst() {
            if tag.kind == ">" {
                walk(tag.name, Self.tags(of: tag.name)[...], stack, &missing)
                continue
            }
            let found = value(of: tag.name, in: stack)
            if found == nil { missing.insert(tag.name) }
            guard tag.kind == "#" || tag.kind == "^" else { continue }
            let end = end(of: tag.name, in: rest)
            let inner = rest[rest.startIndex..<end]
            rest = rest[end...].dropFirst()
            guard tag.kind == "#" else {
                walk(template, inner, stack, &missing)
                continue
            }
            guard let value = unwrapped(found ?? nil) else { continue }
            if let isSet = value as? Bool {
                if isSet { walk(template, inner, stack, &missing) }
            } else if let list = value as? [Any] {
                for element in list { walk(template, inner, stack + [element], &missing) }
            } else {
                walk(template, inner, stack + [value], &missing)
            }
        }
    }

    private static func end(of name: String, in tags: ArraySlice<Tag>) -> Int {
        var depth = 0
        for (index, tag) in zip(tags.indices, tags) where tag.name == name {
            if tag.kind == "#" || tag.kind == "^" { depth += 1 }
            if tag.kind == "/" {
                if depth == 0 { return index }
                depth -= 1
            }
        }
        return tags.endIndex
    }

    /// - Returns: `nil` if nothing has the name; what has it may be `nil` itself.
    private static func value(of name: String, in stack: [Any]) -> Any?? {
        guard name != ".", let top = stack.last else { return .some(stack.last) }
        if name.hasPrefix(".") { return child(name.dropFirst(), of: top) }
        let parts = name.split(separator: ".")
        for object in stack.reversed() {
            guard var value = child(parts[0], of: object) else { continue }
            for part in parts.dropFirst() {
                guard let object = unwrapped(value ?? nil), let next = child(part, of: object) else {
                    return nil
                }
                value = next
            }
            return value
        }
        return nil
    }

    private static func child(_ name: Substring, of object: Any) -> Any?? {
        guard let object = unwrapped(object) else { return nil }
        if let parent = object as? any MustacheParent {
            return parent.child(named: String(name)).map { .some($0) }
        }
        return Mirror(reflecting: object).children.first { $0.label == String(name) }.map { .some($0.value) }
    }

    private static func unwrapped(_ value: Any?) -> Any? {
        guard let value else { return nil }
        let mirror = Mirror(reflecting: value)
        guard mirror.displayStyle == .optional else { return value }
        return mirror.children.first.flatMap { unwrapped($0.value) }
    }
}
