public import TrialModel

/// Visits and conflicts as short text, the same in both programs.
public enum Texts {
    /// A visit: one line an item that has anything to say.
    public static func visit(_ visit: VisitView, _ out: CommandOutput) -> String {
        var lines = [
            out.heading("\(visit.header.participant) \(visit.header.eventName)  site \(visit.header.site)")
        ]
        var rows: [[String]] = []
        for item in visit.items where item.state != .empty || item.value?.missingReason != nil {
            switch item.state {
            case .conflict:
                for version in item.versions {
                    let value = version.values.first { $0.item == item.item }?.value ?? .empty
                    rows.append([item.item, text(value), "conflict: \(who(version.stamp))"])
                }
            default: rows.append([item.item, text(item.value ?? .empty), ""])
            }
        }
        lines.append(out.table(["ITEM", "VALUE", ""], rows, none: "nothing has been entered"))
        for derived in visit.derived {
            let value = derived.value.isEmpty ? "(not known)" : text(derived.value)
            lines.append("\(derived.item) = \(value)\(derived.reason.map { ": \($0)" } ?? "")")
        }
        for finding in visit.checks where finding.check != .required {
            lines += self.finding(finding, in: out.language)
        }
        let empty = visit.checks.filter { $0.check == .required && !$0.confirmed }.flatMap(\.items)
        if let first = empty.first {
            let isChinese = out.language == .zh
            let rest =
                empty.count > 1 ? isChinese ? " 等 \(empty.count) 项" : " and \(empty.count - 1) more" : ""
            lines.append((isChinese ? "必填而仍空缺：" : "required and still empty: ") + first + rest)
        }
        for conflict in visit.conflicts { lines.append(out.attention("open conflict \(conflict.hex)")) }
        if visit.pending > 0 {
            lines.append(out.attention("\(count(visit.pending, "save")) not yet at the centre"))
        }
        if visit.quarantined > 0 {
            let saves = count(visit.quarantined, "save")
            lines.append(out.attention("\(saves) kept in quarantine, not among these values: see --history"))
        }
        for signature in visit.signatures {
            let standing = signature.isValid ? "" : out.attention(", no longer valid: the data has changed")
            lines.append("signed by \(signature.user), \(signature.at): \(signature.meaning)\(standing)")
        }
        if visit.locked { lines.append("locked") }
        if visit.voided { lines.append("void") }
        if let history = visit.history { lines += history.map(line) }
        if visit.historyLeft > 0 {
            let entries = count(visit.historyLeft, "entry", "entries")
            lines.append(
                out.attention(
                    "the history is not whole: \(entries) of the site are still to come; sync again")
            )
        }
        return lines.joined(separator: "\n")
    }

    /// What is odd, and under it why anyone should look and since when; once confirmed, by whom and why.
    private static func finding(_ finding: Finding, in language: Language) -> [String] {
        let what = "\(finding.check.rawValue): \(finding.text[language])"
        if finding.confirmed {
            let people = finding.confirmations.map { "\($0.user), \($0.at): \($0.reason)" }
                .joined(separator: "; ")
            return [what + (language == .zh ? "（已确认无误：\(people)）" : " (confirmed as correct by \(people))")]
        }
        let since = finding.since.map { language == .zh ? "（自\($0)起）" : " (since \($0))" } ?? ""
        return [what, "    " + finding.check.why(in: language) + since]
    }

    /// A visit after a save: first what the save replaced.
    public static func edit(
        replaced: [ItemValue], isSaved: Bool, _ visit: VisitView, _ out: CommandOutput
    ) -> String {
        var lines = replaced.map { "replaced \($0.item): \(text($0.value))" }
        if !isSaved { lines.append("nothing was saved: these values stand there already") }
        return (lines + [self.visit(visit, out)]).joined(separator: "\n")
    }

    /// The lines of a log form: one row each, with everything that has been entered.
    public static func lines(_ lines: [VisitView], _ out: CommandOutput) -> String {
        let rows = lines.map { line in
            let values = line.items.compactMap { item -> String? in
                switch item.state {
                case .conflict: "\(item.item) in conflict"
                case .agreed: "\(item.item)=\(text(item.value ?? .empty))"
                case .empty: nil
                }
            }
            let state = line.voided ? "void" : line.locked ? "locked" : ""
            return [line.header.eventName, values.joined(separator: ", "), state]
        }
        return out.table(["LINE", "VALUES", ""], rows, none: "no lines")
    }

    private static func line(_ entry: HistoryView) -> String {
        let changes = entry.changes.compactMap { change -> String? in
            // Of a signature people read the meaning; the hash that binds it is for `verify`.
            if entry.kind == "sign" {
                return change.item == "meaning" ? "signed: \(text(change.new))" : nil
            }
            if entry.kind == "confirm", let part = change.item.split(separator: "/").last {
                return part == "check" ? "confirmed as correct: \(text(change.new))" : nil
            }
            let old = change.old.map(text).joined(separator: " | ")
            return "\(change.item): \(old.isEmpty ? "" : old + " -> ")\(text(change.new))"
        }
        let reason = entry.stamp.reason.isEmpty ? "" : " “\(entry.stamp.reason)”"
        let way = entry.stamp.isSigned ? "signed on" : "as reported by"
        return
            "\(entry.stamp.at)  \(entry.stamp.author) (\(entry.stamp.role)), \(way) \(entry.stamp.device)  "
            + "\(entry.verdict)  \(changes.joined(separator: ", "))\(reason)  [\(short(entry.stamp.entry))]"
    }

    /// A conflict with its values one above the other.
    public static func conflict(_ conflict: ConflictView, _ out: CommandOutput) -> String {
        let visit = conflict.visit
        var lines = [
            out.heading(
                "\(conflict.kind.rawValue)  \(visit.participant) \(visit.eventName)  \(conflict.register)  "
                    + "site \(visit.site)"
            ),
            "id \(conflict.id.hex)",
        ]
        for version in conflict.versions {
            let values = version.values.filter { !$0.value.isEmpty }
                .map { conflict.items.count > 1 ? "\($0.item)=\(text($0.value))" : text($0.value) }
            lines.append("  \(values.joined(separator: ", "))  \(who(version.stamp))")
            lines.append("      entry \(short(version.stamp.entry))")
        }
        if let resolution = conflict.resolution {
            let values = resolution.values.map { text($0.value) }.joined(separator: ", ")
            lines.append("resolved by \(resolution.stamp.author): \(values)  “\(resolution.stamp.reason)”")
        }
        return lines.joined(separator: "\n")
    }

    /// All open conflicts, one row each.
    public static func conflicts(_ conflicts: [ConflictView], _ out: CommandOutput) -> String {
        let rows = conflicts.map { conflict in
            [
                String(conflict.id.hex.prefix(8)), conflict.visit.participant, conflict.visit.eventName,
                conflict.register,
                conflict.kind.rawValue,
                conflict.versions.map { $0.values.map { text($0.value) }.joined(separator: ", ") }.joined(
                    separator: " | "),
            ]
        }
        return out.table(
            ["ID", "PARTICIPANT", "EVENT", "REGISTER", "KIND", "VALUES"], rows, none: "no open conflicts")
    }

    public static func participants(_ participants: [ParticipantView], _ out: CommandOutput) -> String {
        let rows = participants.map { participant in
            let visits = participant.visits.map { participant.voided.contains($0) ? "\($0) (void)" : $0 }
            return [
                participant.participant, participant.site.text, participant.enrolled, standing(participant),
                visits.joined(separator: " "),
            ]
        }
        return out.table(
            ["PARTICIPANT", "SITE", "ENROLLED", "STATUS", "VISITS"], rows, none: "no participants")
    }

    /// `screening`, `screen failure: IE.diagnosis`, `withdrawn: moved away`; for who has gone, how.
    private static func standing(_ participant: ParticipantView) -> String {
        guard let standing = participant.standing else { return participant.status }
        let end = standing.state == .completed ? nil : standing.endReason
        let details = standing.unmet + [end].compactMap(\.self)
        return standing.state.words + (details.isEmpty ? "" : ": " + details.joined(separator: ", "))
    }

    /// `1 save`, `3 saves`.
    public static func count(_ number: Int, _ noun: String, _ plural: String? = nil) -> String {
        "\(number) \(number == 1 ? noun : plural ?? noun + "s")"
    }

    private static func who(_ stamp: EntryStamp) -> String {
        let received = stamp.receivedAt.map { ", received \($0)" } ?? ", not yet at the centre"
        let reason = stamp.reason.isEmpty ? "" : " “\(stamp.reason)”"
        return "\(stamp.author) (\(stamp.role)) on \(stamp.device), \(stamp.at)\(received)\(reason)"
    }

    /// Eight digits of the journal and the place.
    public static func short(_ entry: String) -> String {
        let parts = entry.split(separator: "/")
        return parts.count == 2 ? "\(parts[0].prefix(8))/\(parts[1])" : entry
    }

    public static func text(_ value: Value) -> String {
        value.isEmpty ? "(empty)" : value.plainTextAsEntered
    }
}
