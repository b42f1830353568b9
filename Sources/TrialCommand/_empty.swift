// TrialCommand
