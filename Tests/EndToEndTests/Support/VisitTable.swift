/// Made-up visits as CSV, for `import`.
enum VisitTable {
    private static let header = """
        participant,event,SV.date,SV.type,VS.weight,PGA.vas,LB.igg4,LB.creatinine,LB.alt,LB.cholesterol,\
        LB.date,PRED.dose,PRED.since,RL.reinstituted
        """

    /// Unscheduled visits with twelve items each, spread over participants `PKU-001` and on.
    static func csv(_ numbers: Range<Int>, participants: Int = 10) -> String {
        var lines = [header]
        for index in numbers {
            let (day, tenth) = ("2026-03-\(pad(index % 28 + 1, 2))", index % 10)
            lines.append(
                "PKU-\(pad(index % participants + 1, 3)),UNS#\(index / participants + 1),\(day),onSite,"
                    + "\(50 + index % 50).\(tenth),\(index % 101),\(index % 9).\(pad(index % 100, 2)),"
                    + "\(60 + index % 50),\(10 + index % 60),\(3 + index % 4).\(tenth),"
                    + "\(day),\(5 + index % 50),"
                    + "2026-03-01,N")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func pad(_ number: Int, _ width: Int) -> String {
        String(repeating: "0", count: max(0, width - String(number).count)) + String(number)
    }
}
