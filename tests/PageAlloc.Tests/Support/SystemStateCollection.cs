namespace PageAlloc.Tests.Support;

/// <summary>Tests that change the system, or that a change could reach: one at a time, after all the others.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class SystemStateCollection
{
    public const string Name = "system state";

    /// <summary>The names of all situations, as rows of a theory.</summary>
    public static TheoryData<string> Situations => new(Support.Situations.Names);
}
