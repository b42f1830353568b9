/// What goes on, on a page that looks again by itself.
package struct WaitingModel: Sendable {
    /// After how long such a page is asked for again.
    package static let refreshSeconds = 3

    let text: String
    /// What the bar shows, for those who do not see it.
    let bar: String

    package init(text: String, bar: String) { (self.text, self.bar) = (text, bar) }
}
