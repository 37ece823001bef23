namespace PageAlloc.Insight.Findings;

/// <summary>Knows one kind of finding.</summary>
internal interface IFindingRule
{
    /// <summary>The finding, when there is one in a process.</summary>
    Finding? Find(ProcessFigures figures);
}
