import Crypto
import Foundation
import TrialModel
import TrialPages

extension SitePages {
    /// The page that says what will happen, with the button that does it.
    ///
    /// - Parameters:
    ///   - act: what is done, to what.
    ///   - sentences: what will happen.
    ///   - keepsForm: whether going back brings the form as it was filled in.
    /// - Returns: `nil` once the person has been shown exactly this.
    func confirmation(
        of act: String, _ sentences: [String], _ desk: Desk, keepsForm: Bool = false
    ) async throws -> PageResponse? {
        let form = desk.form
        var hash = SHA256()
        for text in ConfirmModel.said(act, sentences, form, typed: "reason") {
            hash.update(data: Data("\(text.utf8.count):\(text)".utf8))
        }
        let token = Hex.encode(Data(hash.finalize()).prefix(16))
        guard form[ConfirmModel.confirmedField] != token else { return nil }
        let model = ConfirmModel(
            act: act, sentences: sentences, form, path: desk.visit.request.path,
            back: desk.visit.request.back, typed: ("reason", desk.words("reason"), true),
            keepsForm: keepsForm, token: token)
        return try await page(desk, .confirm, title: act, model)
    }
}
