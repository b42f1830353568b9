/// Something that was refused or failed: a stable code, what happened to what, and what to do next.
///
/// Every error that leaves a room of TrialSync is a `Problem`, so that a person, a script and the other side
/// of the wire read the same code. The catalogue is ``ProblemCode``; `docs/reference/errors.md` is generated
/// from it.
///
/// A message may repeat what the person typed, so it is for the person's eyes only: logs hold the code, never
/// the message.
public struct Problem: Error, Hashable, Sendable {
    public let code: ProblemCode
    /// What happened, and to what: one line.
    public let message: String
    /// What to do next: one line. The catalogue's own remedy unless the place that threw knows a better one.
    public let remedy: String
    /// The names that the person may use instead, if what was typed means several things.
    public var choices: [String] = []
    /// The language of message and remedy: what only a page can say is said in its reader's.
    public let language: Language

    public init(
        _ code: ProblemCode, _ message: String, remedy: String? = nil, in language: Language = .en
    ) {
        self.code = code
        self.message = message
        self.remedy = remedy ?? code.remedy
        self.language = language
    }
}

extension Problem {
    /// The same as a laptop is told it by the centre: a full or failing disk is the centre's, and not the
    /// laptop's own.
    package var toldByCentre: Problem {
        switch code {
        case .diskFull: Problem(.centreDiskFull, "the disk of the centre is full")
        case .diskFailed:
            Problem(
                .diskFailed, "the disk of the centre fails",
                remedy: "tell whoever keeps the centre; everything is saved here: sync again later")
        default: self
        }
    }
}

extension Problem: CustomStringConvertible {
    /// `CODE: what happened; what to do`
    public var description: String { "\(code.rawValue): \(message); \(remedy)" }
}
