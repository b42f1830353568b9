import SyncProtocol
import TrialModel
import TrialPages
import TrialStore

/// Whether a laptop may take part: what `trialsyncd device revoke` and `device readmit` decide.
extension Console {
    /// Ends a laptop's access, also as lost, or gives it back.
    func setLaptop(_ visit: Visit) async throws -> PageResponse {
        let (words, form) = (visit.words, visit.request.form)
        let id = form["laptop"] ?? ""
        let all = try await centre.devices()
        guard let laptop = all.first(where: { $0.device.id.hex == id }) else {
            throw Problem(.notFound, "there is no laptop \(id)")
        }
        guard let access = DeviceAccess(rawValue: form["decision"] ?? "") else {
            throw visit.refusal("chooseFirst", remedy: "chooseActRemedy")
        }
        let values = ["laptop": name(of: laptop, among: all, words), "site": laptop.site]
        let act = Act(
            title: words("act.\(access.rawValue)", values),
            sentences: sentences(access, of: laptop, values, words))
        if let page = try await confirmation(of: act, visit) { return page }
        _ = try await centre.set(access, device: id, by: try actor(visit).author)
        return done(visit, words("decided.\(access.rawValue)", values), at: ConsoleRoute.laptops.template)
    }

    private func sentences(
        _ access: DeviceAccess, of laptop: Centre.DeviceStatus, _ values: [String: String], _ words: Words
    ) -> [String] {
        let waiting: String =
            if let seen = laptop.lastSeen {
                words("laptopWaiting", n: laptop.pending, ["time": words.time(seen)])
            } else { words("laptopNeverSeen") }
        var sentences = [words("will.\(access.rawValue)", values), waiting]
        switch access {
        case .revoked: sentences.append(words("willKeepComing"))
        case .lost: sentences += [words("willKeepComing"), words("willDestroyKeys")]
        case .admitted where laptop.access == .lost: sentences.append(words("willNeedEnrolment"))
        case .admitted: break
        }
        return sentences
    }
}
