package import TrialModel

/// What an act would do, said before it is done, as the template `confirm` shows it.
package struct ConfirmModel: Sendable {
    struct Field: Sendable {
        let name: String
        let value: String
    }

    /// A value with what it is called.
    package struct LabelledValue: Hashable, Sendable {
        package let label: String
        package let shown: ShownValue

        package init(label: String, text: String) { (self.label, shown) = (label, ShownValue(text)) }

        /// What stands on a record for an item.
        package init(_ held: ItemView, of item: Item?, _ words: Words) {
            label = item?.label[words.language] ?? held.item
            shown = ShownValue(held, of: item, words)
        }
    }

    /// What a person types, and can still alter here.
    struct Typed: Sendable {
        let name: String
        let label: String
        let value: String
        let isNeeded: Bool
    }

    /// The field that says that what an act would do was shown.
    package static let confirmedField = "confirmed"
    /// The field that asks for the form again, as it was filled in: nothing is done.
    package static let undoneField = "undone"

    let sentences: [String]
    let values: [LabelledValue]
    let hasValues: Bool
    /// What the button says.
    let act: String
    let path: String
    let back: String
    /// Names what was said here: another act, or another state of the data, needs another confirmation.
    let confirmed: String
    let fields: [Field]
    let typed: Typed?
    /// Whether going back brings the form as it was filled in.
    let keepsForm: Bool

    /// - Parameters:
    ///   - act: what is done, to what: the heading and the button.
    ///   - sentences: what will happen, each naming what is affected.
    ///   - values: those that are affected.
    ///   - form: what was sent; it is sent again from this page.
    ///   - typed: the field that a person can still alter, with its label; `nil` if there is none.
    ///   - keepsForm: whether the way back asks for the form as it was filled in, by ``undoneField``.
    ///   - token: names all of ``said(_:_:values:_:typed:)``.
    package init(
        act: String, sentences: [String], values: [LabelledValue] = [], _ form: FormFields, path: String,
        back: String, typed: (name: String, label: String, isNeeded: Bool)?, keepsForm: Bool = false,
        token: String
    ) {
        self.keepsForm = keepsForm
        (self.act, self.sentences, self.path, self.back) = (act, sentences, path, back)
        (self.values, hasValues, confirmed) = (values, !values.isEmpty, token)
        fields = Self.own(form, typed?.name).map { Field(name: $0.name, value: $0.value) }
        self.typed = typed.map { typed in
            Typed(
                name: typed.name, label: typed.label, value: form[typed.name] ?? "",
                isNeeded: typed.isNeeded)
        }
    }

    /// Everything that a person confirms: what was said, and what was filled in but for what can be altered.
    package static func said(
        _ act: String, _ sentences: [String], values: [LabelledValue] = [], _ form: FormFields,
        typed: String?
    ) -> [String] {
        [act] + sentences + values.flatMap(\.said)
            + own(form, typed).flatMap { [$0.name, $0.value] }
    }

    private static func own(_ form: FormFields, _ typed: String?) -> [(name: String, value: String)] {
        form.all.filter {
            !["csrf", "back", confirmedField, undoneField].contains($0.name) && $0.name != typed
        }
    }
}

extension ConfirmModel.LabelledValue {
    /// Everything that a person was shown of it.
    fileprivate var said: [String] {
        [label, shown.text] + shown.versions.flatMap { [$0.text, $0.who ?? ""] }
    }
}
