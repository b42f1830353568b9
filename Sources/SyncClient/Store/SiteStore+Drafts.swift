import Crypto
import Foundation
package import TrialModel
import TrialStore

/// A form that was filled in and not saved: kept in the laptop's store, sealed like everything else in it.
package struct KeptDraft: Codable, Hashable, Sendable {
    /// The enrolment id, in hexadecimal.
    package let participant: String
    /// `BL`, `UNS#2`, `AE-3fa1c2d4`; a log form's OID for a line that is new.
    package let sheet: String
    /// What the form was opened with.
    package let base: String
    /// What stood in its fields.
    package let fields: [String: String]
    package let keptMilliseconds: Int64
    /// Which page it was typed in: two tabs with the same visit have a draft each.
    package let form: String?
    /// Which page sent it, and how often something had been typed there: an older request of the same page
    /// may come after a newer one.
    package let page: String?
    package let keys: Int?

    package init(
        participant: String, sheet: String, base: String, fields: [String: String], keptMilliseconds: Int64,
        form: String, page: String = "", keys: Int = 0
    ) {
        (self.participant, self.sheet, self.base) = (participant, sheet, base)
        (self.fields, self.keptMilliseconds, self.form) = (fields, keptMilliseconds, form)
        (self.page, self.keys) = (page, keys)
    }

    /// Whether it was typed later than another draft that the same page sent.
    fileprivate func isNewer(than other: KeptDraft) -> Bool {
        page == other.page && form == other.form && keys ?? 0 > other.keys ?? 0
    }

    fileprivate func isOf(_ participant: String, _ sheet: String, _ form: String) -> Bool {
        self.participant == participant && self.sheet == sheet && self.form ?? form == form
    }
}

extension SiteStore {
    /// How many drafts of one person are kept. None ever makes way for another.
    package static let draftLimit = 100

    /// Settings lie in the open by their names, so the name says nothing of the person.
    var draftsName: String {
        "drafts/" + String(Hex.encode(SHA256.hash(data: Data(user.utf8))).prefix(32))
    }

    /// The person's drafts, newest first.
    ///
    /// - Throws: `Problem(.screenLocked)`, and what ended the person's access.
    package func drafts() async throws -> [KeptDraft] {
        try admit()
        return try Self.drafts(try await replica.setting(draftsName))
    }

    /// Keeps a draft in the place of an earlier one of the same form; what is there of a later moment stays.
    /// Behind a locked screen too: it shows
    /// nothing.
    ///
    /// - Throws: `Problem(.draftsFull)`.
    package func keep(_ draft: KeptDraft) async throws {
        try await replica.update(draftsName) { held in
            let all = try Self.drafts(held)
            if let held, all.contains(where: { $0.isNewer(than: draft) }) { return held }
            let others = all.filter {
                !$0.isOf(draft.participant, draft.sheet, draft.form ?? "")
            }
            guard others.count < Self.draftLimit else {
                throw Problem(.draftsFull, "\(others.count) forms lie here that were begun and not saved")
            }
            return try JSONEncoder().encode([draft] + others)
        }
    }

    /// Lets a draft go: it was saved, or is not wanted.
    package func dropDraft(_ participant: String, _ sheet: String, form: String) async throws {
        guard
            try Self.drafts(try await replica.setting(draftsName))
                .contains(where: { $0.isOf(participant, sheet, form) })
        else { return }
        try await replica.update(draftsName) { held in
            try JSONEncoder().encode(try Self.drafts(held).filter { !$0.isOf(participant, sheet, form) })
        }
    }

    private static func drafts(_ held: Data?) throws -> [KeptDraft] {
        guard let held else { return [] }
        return try JSONDecoder().decode([KeptDraft].self, from: held)
    }
}
