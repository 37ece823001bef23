namespace PageAlloc.Tests.Views;

/// <summary>
/// How different two colours look, to eyes with and without all three kinds of cones: the dichromats' view by Machado,
/// Oliveira and Fernandes (2009), severity 1.0, and the distance in CIE L*a*b* (1976, D65).
/// </summary>
internal static class ColorVision
{
    // The paper's matrices, for linear RGB.
    private static readonly Dictionary<string, double[]> Matrices = new()
    {
        ["all cones"] = [1, 0, 0, 0, 1, 0, 0, 0, 1],
        ["protanopia"] = [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998],
        ["deuteranopia"] = [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.011820, 0.042940, 0.968881],
        ["tritanopia"] = [1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.303900],
    };

    public static IEnumerable<string> Kinds => Matrices.Keys;

    public static double Distance(int rgb1, int rgb2, string kind)
    {
        double[] a = Lab(rgb1, kind), b = Lab(rgb2, kind);
        return Math.Sqrt(a.Zip(b, (x, y) => (x - y) * (x - y)).Sum());
    }

    public static double[] Lab(int rgb, string kind)
    {
        double[] linear = [Linear(rgb >> 16), Linear((rgb >> 8) & 0xff), Linear(rgb & 0xff)];
        double[] seen = [.. Multiply(Matrices[kind], linear).Select(v => Math.Clamp(v, 0, 1))];

        // sRGB to XYZ, relative to the white of D65. source: IEC 61966-2-1
        double[] xyz = Multiply([0.4124564, 0.3575761, 0.1804375, 0.2126729, 0.7151522, 0.0721750, 0.0193339, 0.1191920, 0.9503041], seen);
        double x = F(xyz[0] / 0.95047), y = F(xyz[1]), z = F(xyz[2] / 1.08883);
        return [(116 * y) - 16, 500 * (x - y), 200 * (y - z)];
    }

    private static double Linear(int channel)
    {
        double v = channel / 255.0;
        return v <= 0.04045 ? v / 12.92 : Math.Pow((v + 0.055) / 1.055, 2.4);
    }

    private static double F(double t) => t > 216.0 / 24389 ? Math.Cbrt(t) : ((24389.0 / 27 * t) + 16) / 116;

    private static double[] Multiply(double[] m, double[] v) =>
        [.. Enumerable.Range(0, 3).Select(i => (m[3 * i] * v[0]) + (m[(3 * i) + 1] * v[1]) + (m[(3 * i) + 2] * v[2]))];
}
