/** Runs of all traces and edits: a site tells by their number whether its counts are of the run under way. */
let epochs = 0;

export function nextEpoch(): number {
  return ++epochs;
}
