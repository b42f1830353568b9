import Crypto
import Foundation
import SyncProtocol
import TrialModel
import TrialPages

/// What an act would do, said before it is done: nobody locks, voids or decides by one slip of the hand.
struct ConfirmModel: Sendable {
    struct Field: Sendable {
        let name: String
        let value: String
    }

    /// What a person types, and can still alter here.
    struct Typed: Sendable {
        let name: String
        let label: String
        let value: String
        let isNeeded: Bool
    }

    let sentences: [String]
    let values: [Label]
    let hasValues: Bool
    /// What the button says.
    let act: String
    let path: String
    let back: String
    /// Names what was said here: another act, or another state of the data, needs another confirmation.
    let confirmed: String
    let fields: [Field]
    let typed: Typed?
}

/// A value with what it is called.
struct Label: Hashable, Sendable {
    let label: String
    let text: String
}

/// An act that takes something away from others, in the words of the person who is about to do it.
struct Act: Sendable {
    /// What is done, to what: the heading and the button.
    let title: String
    /// What will happen, each sentence naming what is affected.
    let sentences: [String]
    /// The values that are affected.
    var values: [Label] = []
    /// The field of the form that a person typed, with its label; `nil` if there is none.
    var typed: (name: String, label: String, isNeeded: Bool)?
}

extension Console {
    /// The field that says that what an act would do was shown.
    static let confirmedField = "confirmed"

    /// The page that says what will happen, with the button that does it.
    ///
    /// The one way to all such acts: a form is sent, this page comes back, and only the form of this page
    /// does it.
    /// - Returns: `nil` once the visitor has been shown exactly this.
    func confirmation(of act: Act, _ visit: Visit) async throws -> PageResponse? {
        let form = visit.request.form
        let own = ["csrf", "back", Self.confirmedField] + [act.typed?.name].compactMap(\.self)
        let fields = form.all.filter { !own.contains($0.name) }
        let token = Self.token(of: act, fields)
        guard form[Self.confirmedField] != token else { return nil }
        let model = ConfirmModel(
            sentences: act.sentences, values: act.values, hasValues: !act.values.isEmpty, act: act.title,
            path: visit.request.path, back: form["back"].flatMap { Self.ownPath($0) } ?? "/",
            confirmed: token,
            fields: fields.map { ConfirmModel.Field(name: $0.name, value: $0.value) },
            typed: act.typed.map { typed in
                ConfirmModel.Typed(
                    name: typed.name, label: typed.label, value: form[typed.name] ?? "",
                    isNeeded: typed.isNeeded)
            })
        return try await page(visit, .confirm, title: act.title, model)
    }

    private static func token(of act: Act, _ fields: [(name: String, value: String)]) -> String {
        let said = [act.title] + act.sentences + act.values.flatMap { [$0.label, $0.text] }
        var hash = SHA256()
        for text in said + fields.flatMap({ [$0.name, $0.value] }) {
            hash.update(data: Data("\(text.utf8.count):\(text)".utf8))
        }
        return Hex.encode(Data(hash.finalize()).prefix(16))
    }
}
