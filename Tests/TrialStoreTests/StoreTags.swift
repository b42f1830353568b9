import Testing

extension Tag {
    @Tag static var store: Self
}
