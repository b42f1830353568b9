public import ArgumentParser
public import TrialModel

extension Language: ExpressibleByArgument {}

extension Language {
    /// The language of the first of `LC_ALL`, `LC_MESSAGES` and `LANG` that says anything, as POSIX has it;
    /// English where that is none of ours.
    public init(environment: [String: String]) {
        let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].lazy.compactMap { environment[$0] }
            .first { !$0.isEmpty }
        self = Language(rawValue: String((locale ?? "").prefix(2))) ?? .en
    }
}
