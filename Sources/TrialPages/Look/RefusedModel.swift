package import TrialModel

/// What was refused, and the way on, as the template `problem` shows it.
package struct RefusedModel: Sendable {
    let code: String
    let back: String
    /// What had been filled in, to be sent again; empty if there was no form.
    let fields: [KeptField]
    let path: String
    let isForm: Bool

    package init(_ code: ProblemCode, back: String = "/", fields: [KeptField] = [], path: String = "/") {
        (self.code, self.back, self.fields, self.path) = (code.rawValue, back, fields, path)
        isForm = !fields.isEmpty
    }

    /// - Parameters:
    ///   - request: if it is a form, it comes back as it was filled in.
    ///   - study: names the form's items.
    package init(_ code: ProblemCode, _ request: PageRequest, of study: StudyDefinition? = nil) {
        let fields = request.method == .post ? request.form.kept(in: study, request.language) : []
        self.init(code, back: request.back, fields: fields, path: request.path)
    }
}
