import Testing

extension Tag {
    /// Touches no file, no network and no clock.
    @Tag static var unit: Self
}
