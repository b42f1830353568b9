import FoundationEssentials
package import TrialModel

/// The `base` of a visit as text: what a person was shown, to be handed back with a later save.
///
/// It is base64url over: guards, then each register's name, shown and through ids; ids stand once, in a
/// table.
package enum BaseToken {
    private static let version: UInt8 = 1

    package static func encode(_ base: Base) throws(Problem) -> String {
        var table: [ChangeID: Int] = [:]
        var ids: [ChangeID] = []
        func place(_ id: ChangeID) -> String {
            if let known = table[id] { return String(known) }
            table[id] = ids.count
            ids.append(id)
            return String(ids.count - 1)
        }
        var lines = [base.guards.map(place).joined(separator: ",")]
        for (name, register) in base.registers.sorted(by: { $0.key < $1.key }) {
            let shown = register.shown.map(place).joined(separator: ",")
            lines.append("\(name) \(shown) \(register.through.map(place).joined(separator: ","))")
        }
        var bytes = Data([version, UInt8(ids.count >> 8 & 255), UInt8(ids.count & 255)])
        for id in ids { bytes.append(contentsOf: id.bytes) }
        bytes.append(contentsOf: lines.joined(separator: "\n").utf8)
        return bytes.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing(
            "=", with: "")
    }

    /// - Throws: `Problem(.baseUnknown)` if the text is no token.
    package static func decode(_ text: String) throws(Problem) -> Base {
        let unknown = Problem(.baseUnknown, "the base is not a token that `visit show` gave")
        var padded = text.replacing("-", with: "+").replacing("_", with: "/")
        while !padded.utf8.count.isMultiple(of: 4) { padded += "=" }
        guard let bytes = Data(base64Encoded: padded), bytes.count >= 3, bytes[0] == version else {
            throw unknown
        }
        let count = Int(bytes[1]) << 8 | Int(bytes[2])
        guard bytes.count >= 3 + 16 * count else { throw unknown }
        var ids: [ChangeID] = []
        for index in 0..<count {
            guard let id = ChangeID(bytes: bytes[(3 + 16 * index)..<(19 + 16 * index)]) else { throw unknown }
            ids.append(id)
        }
        let lines = String(decoding: bytes[(3 + 16 * count)...], as: UTF8.self)
            .split(separator: "\n", omittingEmptySubsequences: false)
        func places(_ text: Substring) throws(Problem) -> [ChangeID] {
            var found: [ChangeID] = []
            for part in text.split(separator: ",") {
                guard let place = Int(part), ids.indices.contains(place) else { throw unknown }
                found.append(ids[place])
            }
            return found
        }
        var base = Base(guards: try places(lines.first ?? ""))
        for line in lines.dropFirst() {
            let parts = line.split(separator: " ", omittingEmptySubsequences: false)
            guard parts.count == 3 else { throw unknown }
            base.registers[String(parts[0])] = .init(
                shown: try places(parts[1]), through: try places(parts[2]))
        }
        return base
    }
}
