import Testing
import TrialModel

/// The date that a text stands for.
func day(_ text: String) throws -> CalendarDate { try #require(CalendarDate(text)) }

/// The number that a text stands for.
func number(_ text: String) throws -> ExactDecimal { try #require(ExactDecimal(text)) }
