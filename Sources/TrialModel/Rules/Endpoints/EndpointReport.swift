/// What an endpoint comes to.
public enum EndpointResult: Hashable, Sendable {
    case rate(RateView)
    case mean(MeanView)

    /// The object of the rate or the mean.
    public var json: JSON {
        switch self {
        case .rate(let view): view.json
        case .mean(let view): view.json
        }
    }
}

/// The endpoints of a study over its participants, as `report endpoints` gives them.
public struct EndpointReport: Hashable, Sendable {
    /// One endpoint with what it comes to.
    public struct Entry: Hashable, Sendable {
        /// The OID of its rule, the key in the report.
        public let oid: String
        public let result: EndpointResult
    }

    /// In the order of the study.
    public let entries: [Entry]
    /// The moment whose data were looked at, as the caller gave it.
    public let asOf: String
    /// The version of the study whose rules were used.
    public let studyVersion: Int
    /// The parameters of these rules that the sponsor still has to confirm: `relapse.reference`.
    public let toBeConfirmed: [String]

    /// Keys of every report, which no endpoint may have.
    static let reservedKeys: Set<String> = ["asOf", "studyVersion", "toBeConfirmed"]

    /// What an endpoint comes to; `nil` if there is none of that OID.
    public func result(of oid: String) -> EndpointResult? { entries.first { $0.oid == oid }?.result }

    /// Each endpoint under its OID, then `asOf`, `studyVersion` and `toBeConfirmed`.
    public var json: JSON {
        .object(
            entries.map { .init($0.oid, $0.result.json) } + [
                .init("asOf", .string(asOf)), .init("studyVersion", .int(studyVersion)),
                .init("toBeConfirmed", .array(toBeConfirmed.map(JSON.string))),
            ])
    }
}

extension StudyDefinition {
    /// The endpoints over these participants, in whatever order they come.
    ///
    /// - Parameters:
    ///   - participants: What the replica knows of each.
    ///   - asOf: The moment whose data these are, for the report.
    public func endpointReport(over participants: [ParticipantCase], asOf: String) -> EndpointReport {
        endpointReport(of: participants.map(endpointShare), asOf: asOf)
    }

    /// The endpoints that these shares come to, in whatever order they come.
    ///
    /// - Parameters:
    ///   - shares: One for each participant, by this version of the study.
    ///   - asOf: The moment whose data these are, for the report.
    public func endpointReport(of shares: [EndpointShare], asOf: String) -> EndpointReport {
        let entries = ruleBook.endpoints.endpoints.enumerated().map { index, rule in
            EndpointReport.Entry(oid: rule.oid, result: ruleBook.endpoints.result(of: index, in: shares))
        }
        let used: Set<RuleKind> = [
            .instrumentTotal, .responseRate, .relapseRate, .stateRate, .meanDecrease, .rateInterval,
        ]
        let open = rules.filter { used.contains($0.kind) }.flatMap { rule in
            rule.parameters.filter { $0.provenance == .toBeConfirmed }.map { "\(rule.oid).\($0.name)" }
        }
        return EndpointReport(entries: entries, asOf: asOf, studyVersion: version, toBeConfirmed: open)
    }
}

extension EndpointRules {
    /// What the endpoint at this place comes to.
    fileprivate func result(of index: Int, in shares: [EndpointShare]) -> EndpointResult {
        if case .decrease = endpoints[index] {
            return .mean(
                MeanView(
                    shares.compactMap { share in
                        guard case .decrease(let standing) = share.parts[index] else { return nil }
                        return (share.participant, standing)
                    }))
        }
        let standings = shares.compactMap { share -> (participant: String, standing: RateStanding)? in
            guard case .rate(let standing) = share.parts[index] else { return nil }
            return (share.participant, standing)
        }
        return .rate(RateView(standings, confidence: interval?.confidence.approximate))
    }
}
