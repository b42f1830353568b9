import Testing
import TrialModel

@Suite("Moments with an offset", .tags(.unit))
struct OffsetDateTimeTests {
    @Test(
        "A moment reads to the second and prints in one form",
        arguments: [
            ("1970-01-01T00:00Z", Int64(0), 0, "1970-01-01T00:00:00Z"),
            ("2026-03-02T09:12+08:00", 1_772_413_920, 480, "2026-03-02T09:12:00+08:00"),
            ("2026-03-02 09:12:30+08:00", 1_772_413_950, 480, "2026-03-02T09:12:30+08:00"),
            ("2026-03-02T01:12:30Z", 1_772_413_950, 0, "2026-03-02T01:12:30Z"),
            ("2026-03-02T01:12:30+00:00", 1_772_413_950, 0, "2026-03-02T01:12:30Z"),
            ("1969-12-31T23:59:59Z", -1, 0, "1969-12-31T23:59:59Z"),
            ("1969-12-31T18:29:59-05:30", -1, -330, "1969-12-31T18:29:59-05:30"),
            ("1900-01-01T00:00+14:00", -2_209_039_200, 840, "1900-01-01T00:00:00+14:00"),
            ("2199-12-31T23:59:59-14:00", 7_258_168_799, -840, "2199-12-31T23:59:59-14:00"),
        ])
    func reads(text: String, seconds: Int64, offset: Int, printed: String) throws {
        let moment = try #require(OffsetDateTime(text))
        #expect(moment.secondsSince1970 == seconds)
        #expect(moment.offsetMinutes == offset)
        #expect(moment.description == printed)
        #expect(OffsetDateTime(printed) == moment)
        #expect(moment.localDate?.description == String(printed.prefix(10)))
    }

    @Test(
        "What is no moment is refused",
        arguments: [
            "", "2026-03-02", "2026-03-02T09:12", "2026-03-02T09:12:30", "2026-03-02T24:00Z",
            "2026-03-02T09:60Z",
            "2026-03-02T09:12:60Z", "2026-03-02T9:12Z", "2026-03-02T09:12+0800", "2026-03-02T09:12+8:00",
            "2026-03-02T09:12+14:01", "2026-03-02T09:12+15:00", "2026-03-02T09:12*08:00", "2026-03-02T09:12z",
            "2026-02-30T09:12Z", "2026-03-02t09:12Z", "2026-03-02T09:12Z ", "2026-03-02T09:12:3Z",
            "2026-03-02T09:12:",
            "1899-12-31T09:12Z", "2026-03T09:12:00+08:00", "2026-03-02T09:12:30+08:00x", "2026-03-02T09-12Z",
        ])
    func refuses(text: String) { #expect(OffsetDateTime(text) == nil) }

    @Test(
        "Years and offsets have limits",
        arguments: [(Int64.max, 0), (8_000_000_000, 0), (-8_000_000_000, 0), (0, 841), (0, -841)])
    func limits(seconds: Int64, offset: Int) {
        #expect(OffsetDateTime(secondsSince1970: seconds, offsetMinutes: offset) == nil)
    }

    @Test(
        "The smallest number of seconds is refused like any other that is out of range")
    func smallestSecond() {
        #expect(OffsetDateTime(secondsSince1970: .min, offsetMinutes: 0) == nil)
    }

    @Test("A device's time prints to the second where the device was")
    func deviceTime() {
        #expect(
            DeviceTime(milliseconds: 1_772_413_950_999, offsetMinutes: 480).iso8601
                == "2026-03-02T09:12:30+08:00")
        #expect(DeviceTime(milliseconds: -1, offsetMinutes: 0).iso8601 == "1969-12-31T23:59:59Z")
        #expect(DeviceTime(milliseconds: .max, offsetMinutes: 0).iso8601 == "unknown")
        #expect(DeviceTime(milliseconds: .min, offsetMinutes: 0).iso8601 == "unknown")
    }
}
