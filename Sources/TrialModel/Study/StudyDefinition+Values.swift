extension StudyDefinition {
    /// The value that a text of the command line, of a page or of a CSV cell stands for.
    ///
    /// - Throws: ``ProblemCode/wrongType``, ``ProblemCode/unknownCode``, ``ProblemCode/unknownUnit`` or
    ///   ``ProblemCode/textTooLong``; the message names the item, what was typed and what is allowed.
    public func value(from text: String, for item: Item) throws(Problem) -> Value {
        try item.value(from: text)
    }

    /// Why a value that came over the wire cannot stand in the item; `nil` if it can.
    ///
    /// Judged are type, code list, unit and length, never plausibility.
    public func accepts(_ value: Value, for item: Item) -> Problem? { item.problem(with: value) }
}
