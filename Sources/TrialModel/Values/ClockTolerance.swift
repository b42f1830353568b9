/// How far a clock may be off before people are told. Time never decides anything: what is off is shown, and
/// nothing else.
public enum ClockTolerance {
    public static let seconds = 120
    package static let milliseconds: Int64 = 120_000
}
