import Mustache

/// A property without a value. It has its name all the same: the engine would go on to look for that in all
/// the objects around, and show what it finds there.
private struct Absent: MustacheCustomRenderable {
    var renderText: String { "" }
    var isNull: Bool { true }
}

/// A part of a page's model, whose properties are looked up by name at once.
///
/// The template engine would reflect an object for each name that it looks for, and all objects around it
/// too: that was most of what a page cost. Here each object is reflected once.
final class PageNode: MustacheParent, CustomStringConvertible {
    private let value: Any
    private let properties: [String: Any]

    private init(_ value: Any, _ mirror: Mirror) {
        var properties: [String: Any] = [:]
        for case (let name?, let value) in mirror.children {
            properties[name] = Self.prepared(value) ?? Absent()
        }
        (self.value, self.properties) = (value, properties)
    }

    var description: String { String(describing: value) }

    func child(named name: String) -> Any? { properties[name] }

    /// A value as the engine shows it soonest: a struct as a node, an array of such as an array of nodes, and
    /// what has no properties of its own as it is.
    ///
    /// - Returns: `nil` for an optional without a value.
    static func prepared(_ value: Any) -> Any? {
        if value is String || value is Bool || value is Int || value is any MustacheParent { return value }
        let mirror = Mirror(reflecting: value)
        switch mirror.displayStyle {
        case .optional: return mirror.children.first.flatMap { prepared($0.value) }
        case .collection: return mirror.children.compactMap { prepared($0.value) }
        case .struct: return PageNode(value, mirror)
        default: return value
        }
    }
}
