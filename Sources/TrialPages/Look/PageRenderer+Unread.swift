package import TrialModel

extension PageRenderer {
    /// Why a server did not read a request: a page for a person, the bare status for a script.
    ///
    /// - Parameters:
    ///   - request: what is known of it: its language, and what the answer is for.
    ///   - place: the word for what was asked.
    package func unread(
        _ code: ProblemCode, status: Int, _ request: PageRequest, place: String
    ) -> PageResponse {
        var response = PageResponse.html("", status: status)
        response.code = code
        guard request.isByPerson else { return response }
        let words = Words(request.language)
        let said: (text: String, remedy: String) =
            switch code {
            case .bodyTooLarge: ("formTooLarge", "formTooLargeRemedy")
            case .bodyIncomplete, .malformed: ("formCutShort", "formCutShortRemedy")
            case .tooManyRequests: ("problem.\(code.rawValue)", "tooOftenRemedy")
            default: ("problem.\(code.rawValue)", "problem.\(code.rawValue).remedy")
            }
        let problem = Problem(code, words(said.text), remedy: words(said.remedy), in: words.language)
        var shell = Shell(title: words("problem"), place: words(place), words: words, path: "/")
        shell.notice = Shell.Notice(problem, words)
        response.body = Array(page(.problem, RefusedModel(code), in: shell).utf8)
        return response
    }
}
