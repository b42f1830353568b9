/// A language that pages, labels and titles come in.
public enum Language: String, Hashable, Sendable, CaseIterable {
    /// English.
    case en
    /// Simplified Chinese.
    case zh
}

/// A text in every language that the study comes in.
public struct LocalizedText: Hashable, Sendable {
    /// In English.
    public let en: String
    /// In Simplified Chinese.
    public let zh: String

    /// - Parameters:
    ///   - en: In English.
    ///   - zh: In Simplified Chinese.
    public init(en: String, zh: String) { (self.en, self.zh) = (en, zh) }

    /// In the given language.
    public subscript(language: Language) -> String {
        switch language {
        case .en: en
        case .zh: zh
        }
    }
}
