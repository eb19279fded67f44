import type { ByteSource } from "../source.ts";
import type { TensorEntry } from "./entry.ts";

/** Neighbouring tensors are read together up to this many bytes; larger ones are read by themselves. */
const JOINED_BYTES = 4 << 20;

/** Joined ranges that are kept until all of them has been asked for. */
const KEPT = 4;

interface Group {
  readonly start: number;
  readonly end: number;
  /** Bytes that have not been asked for. */
  left: number;
  bytes: Promise<Uint8Array> | undefined;
}

/**
 * A source whose every read takes a while, read by joined ranges: whoever reads many small tensors asks once for
 * neighbours together, and the range after one is on its way while that is read.
 *
 * **Ownership:** borrows the source.
 */
export function joinedSource(source: ByteSource, entries: Iterable<TensorEntry>): ByteSource {
  const groups = groupsOf(entries);
  const kept: Group[] = [];
  const fetched = (group: Group): Promise<Uint8Array> => {
    if (group.bytes !== undefined) return group.bytes;
    const target = new Uint8Array(group.end - group.start);
    group.bytes = source.readInto(target, group.start).then(() => target);
    group.bytes.catch(() => (group.bytes = undefined)); // who asks for it is told; the next one tries again
    kept.push(group);
    if (kept.length > KEPT) release(kept[0]);
    return group.bytes;
  };
  const release = (group: Group | undefined): void => {
    if (group === undefined) return;
    group.bytes = undefined;
    kept.splice(kept.indexOf(group), 1);
  };
  let previous: number | undefined;
  return {
    name: source.name,
    size: source.size,
    close: () => source.close(),
    async readInto(target, offset) {
      const end = offset + target.byteLength;
      const at = groups.findIndex((group) => group.start <= offset && end <= group.end);
      const group = groups[at];
      if (group === undefined || target.byteLength === 0) return source.readInto(target, offset);
      const bytes = fetched(group);
      const next = groups[at + 1];
      // Only where one was read after another: who looks one tensor up needs no more.
      if (previous === at - 1 && next !== undefined && next.left > 0)
        void fetched(next).catch(() => undefined);
      previous = at;
      target.set((await bytes).subarray(offset - group.start, end - group.start));
      group.left -= target.byteLength;
      if (group.left <= 0 && kept.includes(group)) release(group);
    },
  };
}

/** Ranges of neighbours, none above {@link JOINED_BYTES}; what is above that by itself is in none. */
function groupsOf(entries: Iterable<TensorEntry>): Group[] {
  const groups: Group[] = [];
  for (const { offset, bytes } of [...entries].sort((a, b) => a.offset - b.offset)) {
    if (bytes === 0 || bytes > JOINED_BYTES) continue;
    const last = groups.at(-1);
    const end = offset + bytes;
    if (last !== undefined && last.end === offset && end - last.start <= JOINED_BYTES) {
      groups[groups.length - 1] = { ...last, end, left: last.left + bytes };
    } else groups.push({ start: offset, end, left: bytes, bytes: undefined });
  }
  return groups;
}
