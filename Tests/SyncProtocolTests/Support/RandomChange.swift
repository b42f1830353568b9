import SyncProtocol
import TrialModel
import TrialSyncTesting

extension Change {
    /// A change of any kind with values of any kind, within the limits.
    static func random(using random: inout SeededGenerator) -> Change {
        let pool = (0..<6).map { _ in ChangeID(using: &random) }
        func ids() -> [ChangeID] {
            Array(pool.shuffled(using: &random).prefix(Int.random(in: 0...3, using: &random)))
        }
        var writes: [RegisterWrite] = []
        for number in 0..<Int.random(in: 0...5, using: &random) {
            let register = "DM.item\(number)"
            let items =
                random.chance(0.7)
                ? [register] : (0...Int.random(in: 0...3, using: &random)).map { "PK.\($0)" }
            let values = items.map { ItemValue($0, Value.random(using: &random)) }
            writes.append(RegisterWrite(register, values, replaces: ids(), through: ids()))
        }
        var change = Change(
            kind: ChangeKind.allCases.randomElement(using: &random)!,
            record: RecordKey.random(using: &random),
            writes: writes, author: "li.wei", role: Role.allCases.randomElement(using: &random)!,
            at: DeviceTime(
                milliseconds: Int64.random(in: -1_000...1_900_000_000_000, using: &random),
                offsetMinutes: Int.random(in: -840...840, using: &random)),
            studyVersion: Int.random(in: 0...9, using: &random), salt: random.next())
        if random.chance(0.5) { change.reason = "transcription error 转录错误" }
        change.guards = ids()
        change.cites = ids()
        if random.chance(0.3) { change.conflict = ConflictID(using: &random) }
        return change
    }
}

extension RecordKey {
    static func random(using random: inout SeededGenerator) -> RecordKey {
        let participant = EnrolmentID(using: &random)
        switch RecordKind.allCases.randomElement(using: &random)! {
        case .participant: return .participant(participant)
        case .scheduledVisit: return .visit(participant, event: "W\(random.next() % 99)")
        case .unscheduledVisit:
            return .unscheduledVisit(participant, event: "UNS", id: RecordID(using: &random))
        case .logLine: return .logLine(participant, form: "AE", id: RecordID(using: &random))
        case .query: return .query(participant, id: RecordID(using: &random))
        case .study: return .study(version: Int(random.next() % 99))
        case .site: return .site(Fixed.site)
        case .person: return .person("li.wei")
        case .device: return .device(DeviceID(using: &random))
        }
    }
}

extension Value {
    static func random(using random: inout SeededGenerator) -> Value {
        switch Int.random(in: 0...8, using: &random) {
        case 0: return .empty
        case 1: return .missing(MissingReason.allCases.randomElement(using: &random)!)
        case 2:
            return .integer(
                [.min, .max, 0, -1, Int64(truncatingIfNeeded: random.next())].randomElement(using: &random)!)
        case 3:
            let number = ExactDecimal(
                mantissa: Int64.random(
                    in: -999_999_999_999_999_999...999_999_999_999_999_999, using: &random),
                scale: Int.random(in: 0...18, using: &random))!
            return .decimal(
                Quantity(
                    number, unit: random.chance(0.5) ? "g/L" : nil,
                    entered: random.chance(0.3) ? "350 mg/dL" : nil))
        case 4: return .text(["", "一般", "cafe\u{301}", "a\u{0}b", "😀"].randomElement(using: &random)!)
        case 5: return .code(["F", "M", ""].randomElement(using: &random)!)
        case 6: return .yesNo(random.chance(0.5))
        case 7: return .date(date(using: &random))
        default:
            return .dateTime(
                OffsetDateTime(
                    secondsSince1970: Int64.random(in: -2_000_000_000...7_000_000_000, using: &random),
                    offsetMinutes: Int.random(in: -840...840, using: &random))!)
        }
    }

    private static func date(using random: inout SeededGenerator) -> CalendarDate {
        let year = Int.random(in: 1900...2199, using: &random)
        switch Int.random(in: 0...2, using: &random) {
        case 0: return CalendarDate(year: year)!
        case 1: return CalendarDate(year: year, month: Int.random(in: 1...12, using: &random))!
        default:
            let month = Int.random(in: 1...12, using: &random)
            return CalendarDate(year: year, month: month, day: Int.random(in: 1...28, using: &random))!
        }
    }
}
