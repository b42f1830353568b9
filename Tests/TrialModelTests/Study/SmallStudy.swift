import TrialModel

/// A definition of a few lines that has one of everything, for tests to spoil.
enum SmallStudy {
    static let json = #"""
        {
          "oid": "SMALL", "version": 1, "title": {"en": "Small", "zh": "小"},
          "target": 2, "source": "registry",
          "units": [
            {"oid": "kg", "label": {"en": "kilogram", "zh": "千克"}},
            {"oid": "g", "label": {"en": "gram", "zh": "克"}},
            {"oid": "umol/L", "label": {"en": "micromole per litre", "zh": "微摩尔/升"}}
          ],
          "codeLists": [
            {"oid": "sex", "codes": [
              {"code": "F", "label": {"en": "female", "zh": "女"}}, {"code": "M", "label": {"en": "male",
                "zh": "男"}}]},
            {"oid": "grade", "codes": [
              {"code": "1", "label": {"en": "one", "zh": "一"}}, {"code": "2", "label": {"en": "two",
                "zh": "二"}}]}
          ],
          "events": [
            {"oid": "BL", "label": {"en": "Baseline", "zh": "基线"}, "day": 0, "forms": ["VS", "PK"],
              "source": "registry"},
            {"oid": "W2", "label": {"en": "Week 2", "zh": "第2周"}, "day": 14, "forms": ["VS", "PK"],
              "source": "registry",
              "window": {"before": 3, "after": 2, "status": "to be confirmed by the sponsor"}},
            {"oid": "UNS", "label": {"en": "Extra", "zh": "额外"}, "repeatLimit": 9, "forms": ["VS"],
              "source": "registry"}
          ],
          "forms": [
            {"oid": "VS", "label": {"en": "Vital signs", "zh": "生命体征"}, "source": "registry", "items": [
              {"oid": "VS.weight", "label": {"en": "Weight", "zh": "体重"}, "type": "decimal", "unit": "kg",
                "factors": [{"unit": "g", "factor": 0.001}], "range": {"min": 20, "max": 200},
                  "required": true},
              {"oid": "VS.sex", "label": {"en": "Sex", "zh": "性别"}, "type": "code", "codeList": "sex",
                "events": ["BL"]},
              {"oid": "VS.note", "label": {"en": "Note", "zh": "备注"}, "type": "text", "maxLength": 5}
            ]},
            {"oid": "PK", "label": {"en": "Sample", "zh": "采样"}, "source": "registry", "groups": [
              {"oid": "PK", "atomic": true, "items": [
                {"oid": "PK.dose", "label": {"en": "Dose", "zh": "服药"}, "type": "dateTime",
                  "required": ["W2"]},
                {"oid": "PK.sample", "label": {"en": "Sample", "zh": "采样"}, "type": "dateTime",
                  "required": ["W2"]}
              ]}
            ]},
            {"oid": "AE", "label": {"en": "Adverse event", "zh": "不良事件"}, "log": true,
              "source": "registry", "items": [
              {"oid": "AE.start", "label": {"en": "Start", "zh": "开始"}, "type": "date", "partial": true},
              {"oid": "AE.end", "label": {"en": "End", "zh": "结束"}, "type": "date", "partial": true},
              {"oid": "AE.grade", "label": {"en": "Grade", "zh": "分级"}, "type": "integer",
                "codeList": "grade"},
              {"oid": "AE.serious", "label": {"en": "Serious", "zh": "严重"}, "type": "yesNo"},
              {"oid": "AE.why", "label": {"en": "Why", "zh": "原因"}, "type": "text",
                "required": {"item": "AE.serious", "equals": "Y"}},
              {"oid": "AE.count", "label": {"en": "Count", "zh": "次数"}, "type": "integer",
                "range": {"min": 1}},
              {"oid": "AE.seen", "label": {"en": "Seen", "zh": "发现"}, "type": "date"},
              {"oid": "AE.level", "label": {"en": "Level", "zh": "浓度"}, "type": "decimal", "unit": "umol/L"}
            ], "derived": [{"oid": "AE.days", "label": {"en": "Days", "zh": "天数"}, "type": "integer"}]}
          ],
          "checks": [
            {"check": "date-order", "earlier": "AE.start", "later": "AE.end", "severity": "major"},
            {"check": "date-order", "earlier": "PK.dose", "later": "PK.sample", "equal": false}
          ],
          "rules": [
            {"oid": "day", "rule": "doseSchedule", "label": {"en": "Dose", "zh": "剂量"}, "parameters": [
              {"name": "doses", "value": [{"fromDay": 0, "dose": 8.10}], "unit": "kg",
                "status": "to be confirmed by the sponsor", "note": "exact"}
            ]}
          ]
        }
        """#

    static func study() throws -> StudyDefinition { try StudyDefinition(json: Array(json.utf8)) }

    /// The definition with the first occurrence of one text replaced by another.
    static func spoilt(_ old: String, _ new: String) throws -> String {
        guard let range = json.firstRange(of: old) else { throw Missing(text: old) }
        return json.replacingCharacters(in: range, with: new)
    }

    struct Missing: Error { let text: String }
}

extension String {
    fileprivate func firstRange(of other: String) -> Range<String.Index>? { ranges(of: other).first }

    fileprivate func replacingCharacters(in range: Range<String.Index>, with other: String) -> String {
        self[..<range.lowerBound] + other + self[range.upperBound...]
    }
}
