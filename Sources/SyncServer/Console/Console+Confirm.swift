import Crypto
import Foundation
import SyncProtocol
import TrialModel
import TrialPages

/// A value with what it is called.
typealias Label = ConfirmModel.LabelledValue

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
    /// Whether going back brings the form as it was filled in.
    var keepsForm = false
}

extension Console {
    /// The page that says what will happen, with the button that does it.
    ///
    /// The one way to all such acts: a form is sent, this page comes back, and only the form of this page
    /// does it.
    /// - Returns: `nil` once the visitor has been shown exactly this.
    func confirmation(of act: Act, _ visit: Visit) async throws -> PageResponse? {
        let form = visit.request.form
        let token = Self.token(of: act, form)
        guard form[ConfirmModel.confirmedField] != token else { return nil }
        let model = ConfirmModel(
            act: act.title, sentences: act.sentences, values: act.values, form, path: visit.request.path,
            back: visit.request.back, typed: act.typed, keepsForm: act.keepsForm, token: token)
        return try await page(visit, .confirm, title: act.title, model)
    }

    private static func token(of act: Act, _ form: FormFields) -> String {
        var hash = SHA256()
        let said = ConfirmModel.said(
            act.title, act.sentences, values: act.values, form, typed: act.typed?.name)
        for text in said { hash.update(data: Data("\(text.utf8.count):\(text)".utf8)) }
        return Hex.encode(Data(hash.finalize()).prefix(16))
    }
}
