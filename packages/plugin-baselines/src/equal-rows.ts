/**
 * Distances, as 1 - cosine, up to this are float32 rounding: the rows are equal. Their squared Euclidean distance is twice that,
 * by squared length.
 */
export const equalRows = 1e-6;

/** The distance to compare with where `maxDistance` is asked for: at 0, equal rows are within it. */
export const withinReach = (maxDistance: number): number => Math.max(maxDistance, equalRows);
