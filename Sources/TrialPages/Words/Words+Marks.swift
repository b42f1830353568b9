import TrialModel

/// The marks between the parts of a text that is put together. Those of Chinese are full-width, and bring the
/// room beside them.
extension Words {
    /// Between a name and what is said of it; templates name it `{{words.colon}}`.
    package var colon: String { language == .zh ? "：" : ": " }

    /// Between what is said of one thing.
    package var comma: String { language == .zh ? "，" : ", " }

    /// Between the names of a list.
    package var listComma: String { language == .zh ? "、" : ", " }

    /// Between statements.
    package var semicolon: String { language == .zh ? "；" : "; " }

    /// A text with what explains it in brackets; with nothing before them if it is empty.
    package func bracketed(_ text: String, _ inner: String) -> String {
        language == .zh ? "\(text)（\(inner)）" : text.isEmpty ? "(\(inner))" : "\(text) (\(inner))"
    }
}
