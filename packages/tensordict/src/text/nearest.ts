/** The number of single-character edits between two strings (Levenshtein 1966), two rows at a time. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(substitution, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    previous = row;
  }
  return previous[b.length] ?? 0;
}

/** Candidates looked at: the distance is quadratic in length, and an error message can wait, but not for minutes. */
const MOST_CANDIDATES = 2000;

/**
 * The names nearest to `wanted`, best first, at most `count`.
 *
 * @example
 * nearestNames("hook_resid_prr", ["hook_q", "hook_resid_pre"], 1); // => ["hook_resid_pre"]
 */
export function nearestNames(wanted: string, names: readonly string[], count = 5): readonly string[] {
  return names
    .slice(0, MOST_CANDIDATES)
    .map((name) => ({ name, distance: editDistance(wanted.slice(0, 200), name.slice(0, 200)) }))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, count)
    .map(({ name }) => name);
}
