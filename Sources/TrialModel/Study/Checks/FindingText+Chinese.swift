extension FindingText {
    /// In Simplified Chinese.
    var chinese: String {
        switch self {
        case .required(let item): "\(item.chinese)为必填项，目前为空"
        case .requiredGroup(let group, let count, let first):
            "\(group)：自\(first.chinese)起共有\(count)个必填项为空"
        case .notTaken(let item, let given, _):
            "\(item.chinese)的值“\(given)”不符合要求；允许的是：\(item.allowedInChinese)"
        case .implausible(let item, let value, let range):
            "\(item.chinese)为\(value)；合理范围为\(range.chinese)"
        case .wrongOrder(let said, let allowsEqual, let event):
            said.chinese(allowsEqual ? "不应早于" : "应晚于", event)
        case .future(let item, let value, let entered): "\(item.chinese)为\(value)，晚于录入日期\(entered)"
        default: chineseAcrossRecords
        }
    }

    private var chineseAcrossRecords: String {
        switch self {
        case .missingEarlier(let record, let date, let events):
            "已有\(record)\(date.map { "（\($0)）" } ?? "")的记录，但按方案应在其之前的"
                + "\(events.joined(separator: "、"))没有记录"
        case .datedBefore(let item, let record, let date, let earlier):
            "\(record)：\(item.chinese)为\(date)，早于按方案应在其之前的"
                + earlier.map { "\($0.event)（\($0.date)）" }.joined(separator: "、")
        case .outsideWindow(let said, let record, let day, let window):
            "\(record)：\(said.item.chinese)为\(said.value)，为自\(window.dayZero)起第\(day)天；访视窗为第"
                + "\(window.days.lowerBound)天至第\(window.days.upperBound)天，即"
                + window.dates.map(\.description).joined(separator: "至")
        case .offPlan(let item, let value, let record, let planned, let log):
            "\(record)的\(item.chinese)为\(value)；计划剂量为\(planned)，且\(log)中没有任何一行说明该剂量的原因"
        case .outsideKept(let item, let value, let record, let range, let isBelow, let endsInside):
            "\(record)的\(item.chinese)为\(value)，\(isBelow ? "低于" : "高于")应维持的范围：\(range.chinese)"
                + (endsInside ? "（含两端）" : "（不含两端）")
        case .contradicts(let item, let value, let record, let event, let expected):
            "已有\(record)的记录，但\(event)的\(item.chinese)为\(value)，而必须为\(expected ? "Y" : "N")"
        case .noConsent(let item, let record, let event):
            "已有\(record)的记录，但\(event)的\(item.chinese)没有日期"
        case .overlapping(let line, let others, let drug, let date):
            "\(line.chinese)与\(others.map(\.chinese).joined(separator: "、"))重叠：自\(date)起\(drug)有两个剂量；"
                + "一行应在下一行开始之前结束"
        default: ""
        }
    }
}

extension FindingText.Taken {
    fileprivate var chinese: String { "\(line)（\(dose)，\(start)至\(end ?? "今")）" }
}

extension Item {
    fileprivate var chinese: String { named(in: .zh) }

    /// What may be entered.
    fileprivate var allowedInChinese: String {
        switch type {
        case .integer: codeList.map { "以下之一：" + $0.chinese } ?? "整数"
        case .decimal:
            "数字，如12.5"
                + (unit.map { "，单位：" + ([$0] + factors.map(\.unit)).joined(separator: "、") } ?? "")
        case .text: "不超过\(maxLength)个字符的文本，除换行和制表符外不含控制字符"
        case .code: "以下之一：" + (codeList?.chinese ?? "无")
        case .yesNo: "Y或N"
        case .date: allowsPartialDate ? "日期，如2026-03-02、2026-03或2026" : "完整日期，如2026-03-02"
        case .dateTime: "日期、时间和时区，如2026-03-02T09:12+08:00"
        }
    }
}

extension CodeList {
    fileprivate var chinese: String { codes.prefix(30).map(\.code).joined(separator: "、") }
}

extension [FindingText.Said] {
    fileprivate func chinese(_ relation: String, _ event: String?) -> String {
        guard let later = first, let earlier = last else { return "" }
        return "\(later.item.chinese)为\(later.value)，\(relation)\(event.map { $0 + "的" } ?? "")"
            + "\(earlier.item.chinese)：\(earlier.value)"
    }
}

extension FindingText.Bounds {
    fileprivate var chinese: String {
        let unit = unit.map { " " + $0 } ?? ""
        return switch (min, max) {
        case (let min?, let max?): "\(min)至\(max)\(unit)"
        case (let min?, nil): "不低于\(min)\(unit)"
        case (nil, let max?): "不高于\(max)\(unit)"
        case (nil, nil): "任何数字"
        }
    }
}

extension CheckID {
    /// Why anyone should look at a finding of the check, in Simplified Chinese.
    var whyInChinese: String {
        switch self {
        case .required: "方案要求填写；缺失的数据无法分析。"
        case .type: "与项目类型不符的值无法分析。"
        case .range: "如此少见的值往往是输入或单位有误。"
        case .codeList: "研究中没有的代码无法分析。"
        case .dateOrder: "其中一个日期必有错误，或未按方案执行。"
        case .sequence: "可能遗漏了一次访视，或保存到了错误的事件下。"
        case .window: "访视窗外的访视与窗内的访视不可比。"
        case .pkWindow: "方案要求该值维持在范围内；如何处理由研究者决定。"
        case .doseDeviation: "与计划不同的剂量需要说明原因，否则为方案偏离。"
        case .eligibility: "只有已知情同意且符合标准者才可在研究中接受治疗。"
        }
    }
}
