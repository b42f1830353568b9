/// One choice of a list, in a form.
package struct Choice: Sendable {
    package let value: String
    package let label: String
    package let isChosen: Bool

    package init(value: String, label: String, isChosen: Bool) {
        (self.value, self.label, self.isChosen) = (value, label, isChosen)
    }
}
