import Testing

extension Tag {
    /// Starts the two programs and talks to them as a person or a network does.
    @Tag static var endToEnd: Self
    /// Needs Debian's `chromium` and `chromium-driver`.
    @Tag static var browser: Self
}

/// The tests of this folder in six lines that run side by side; within a line one after the other, so that
/// two cores are busy and no test waits for a machine that is overloaded.
@Suite(.serialized, .tags(.endToEnd)) enum Story {}
@Suite(.serialized, .tags(.endToEnd)) enum Trouble {}
@Suite(.serialized, .tags(.endToEnd)) enum Endurance {}
@Suite(.serialized, .tags(.endToEnd)) enum Refusals {}
@Suite(.serialized, .tags(.endToEnd)) enum Trust {}
@Suite(
    .serialized, .tags(.endToEnd, .browser),
    .enabled(if: Browser.isInstalled, "needs Debian's chromium and chromium-driver"))
enum Pages {}
