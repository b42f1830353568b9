import TrialModel

/// The domains of an instrument, one row each, over the visits at which it was assessed: where the disease is
/// and how it goes there.
struct DomainTable {
    private let rule: InstrumentTotalRule
    private let visits: [CaseVisit]
    private let words: Words

    /// - Parameter visits: those at which any of it was answered, in the order of the study.
    init(_ rule: InstrumentTotalRule, _ visits: [CaseVisit], _ words: Words) {
        (self.rule, self.visits, self.words) = (rule, visits, words)
    }

    /// As HTML; `nil` if it was never assessed. Domains that were 0 throughout stand together below.
    var figure: String? {
        guard !visits.isEmpty else { return nil }
        let cells = rule.domains.map { domain in (domain, visits.map { texts(domain, $0) }) }
        let quiet = cells.filter { $0.1.allSatisfy { $0 == ["0"] } }.map { $0.0.label(words.language) }
        // With one visit there is no trend.
        let since = visits.count > 1 ? [words("sinceVisit", ["visit": visits[0].name])] : []
        let heads = ([words("domain")] + visits.map(\.name) + since)
            .map { "<th scope=\"col\">\(escaped($0))</th>" }
        let rows = cells.filter { $0.1.contains { $0 != ["0"] } }.map { domain, scores in
            let all = scores.map(cell) + (since.isEmpty ? [] : [escaped(trend(of: domain))])
            return "<tr><th scope=\"row\">\(escaped(domain.label(words.language)))</th>"
                + all.map { "<td>\($0)</td>" }.joined() + "</tr>"
        }
        let table =
            "<div class=\"scroll\"><table><thead><tr>\(heads.joined())</tr></thead>"
            + "<tbody>\(rows.joined())</tbody></table></div>"
        let note = words("allZero", ["domains": quiet.joined(separator: words.listComma)])
        return "<figure><figcaption>\(escaped(words("byDomain")))</figcaption>"
            + (rows.isEmpty ? "" : table)
            + (quiet.isEmpty ? "" : "<p class=\"quiet\">\(escaped(note))</p>") + "</figure>"
    }

    /// How the domain went from the first assessment to the last, as a word and an arrow: its part of the
    /// total is compared, as far as both are known.
    private func trend(of domain: InstrumentTotalRule.Domain) -> String {
        guard let first = visits.first, let last = visits.last, let before = part(of: domain, in: first),
            let now = part(of: domain, in: last)
        else { return words("notKnown") }
        return now == before ? words("trendSame") : words(now > before ? "trendWorse" : "trendBetter")
    }

    /// The score, twice if urgent; `nil` while it is not answered or people do not agree.
    private func part(of domain: InstrumentTotalRule.Domain, in visit: CaseVisit) -> Int64? {
        let scores = Set(visit.values.candidates(of: domain.score))
        let urgent = Set(visit.values.candidates(of: domain.urgent).map { $0 == .yesNo(true) })
        guard scores.count == 1, urgent.count == 1, case .integer(let score)? = scores.first else {
            return nil
        }
        return urgent.contains(true) ? score * 2 : score
    }

    /// As HTML: one text, or one cell within the cell for each version.
    private func cell(_ texts: [String]) -> String {
        guard texts.count > 1 else { return escaped(texts.first ?? "–") }
        let versions = texts.map { "<span class=\"text\">\(escaped($0))</span>" }
        let both = "<span class=\"both\">\(versions.joined())</span>"
        return words.bracketed(both, escaped(words("inConflict")))
    }

    /// `2`, `3 · urgent`; of each version that differs, while it is in conflict.
    private func texts(_ domain: InstrumentTotalRule.Domain, _ visit: CaseVisit) -> [String] {
        let scores = visit.values.versions(of: domain.score.oid, besides: domain.score)
        let urgent = visit.values.versions(of: domain.urgent.oid, besides: domain.urgent)
        let damage = visit.values.versions(of: domain.score.oid + ".damage", besides: domain.score)
        let texts = scores.indices.map { index in
            let isUrgent = urgent.indices.contains(index) && urgent[index] == .yesNo(true)
            let isDamaged = damage.indices.contains(index) && damage[index] == .yesNo(true)
            let text = scores[index].isEmpty ? "–" : plain(scores[index], domain)
            return [text, isUrgent ? words("urgent") : nil, isDamaged ? words("damage") : nil]
                .compactMap(\.self).joined(separator: " · ")
        }
        return texts.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }

    private func plain(_ score: Value, _ domain: InstrumentTotalRule.Domain) -> String {
        guard case .integer(let number) = score else { return words.value(score, of: domain.score) }
        return String(number)
    }

    private func escaped(_ text: String) -> String { PageText().escapeText(text) }
}

extension RecordValues {
    /// The values of an item of the register that another item is in, version by version, so that they stand
    /// beside those of its other items.
    fileprivate func versions(of oid: String, besides item: Item) -> [Value] {
        conflicts[item.register]?.map { $0.value(of: oid) } ?? [value(of: oid)]
    }
}
