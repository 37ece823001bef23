namespace PageAlloc.Targets;

/// <summary>Which moment of a snapshot a target is.</summary>
/// <param name="Time">When it was taken; null when that is not known, as of what was recorded of a core file.</param>
/// <param name="Number">Its number, from 1 on.</param>
/// <param name="Count">How many moments the file has.</param>
public sealed record RecordedMoment(DateTimeOffset? Time, int Number, int Count);
