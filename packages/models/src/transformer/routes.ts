import { expertUnknown } from "./errors.ts";

/** Which expert computes which tokens, and where their outputs are when all experts' are joined. */
export interface Routes {
  /** Tokens of each expert: by rank of the choice, then in order. */
  readonly rows: readonly Int32Array[];
  /** Of every choice, `[token * perToken]`: the row of the joined outputs. */
  readonly places: Int32Array;
  /** Of every choice: its share among `[token * count]`; one past these for a choice that was made before. */
  readonly shareAt: Int32Array;
}

/**
 * @param chosen Experts of every token, `[token * perToken]`.
 * @throws UsageError `EXPERT_UNKNOWN`
 */
export function routesOf(chosen: ArrayLike<number>, perToken: number, count: number): Routes {
  const tokens = chosen.length / perToken;
  const rows: number[][] = Array.from({ length: count }, () => []);
  /** Row among its expert's, by token and expert. */
  const rowOf = new Map<number, number>();
  const shareAt = new Int32Array(chosen.length).fill(tokens * count);
  for (let rank = 0; rank < perToken; rank++) {
    for (let token = 0; token < tokens; token++) {
      const expert = chosen[token * perToken + rank] ?? -1;
      const own = rows[expert];
      if (own === undefined) throw expertUnknown(expert, token, count);
      const share = token * count + expert;
      if (rowOf.has(share)) continue;
      rowOf.set(share, own.length);
      own.push(token);
      shareAt[token * perToken + rank] = share;
    }
  }
  const begins: number[] = [];
  let total = 0;
  for (const { length } of rows) {
    begins.push(total);
    total += length;
  }
  const places = Int32Array.from(chosen, (expert, at) => {
    const token = Math.floor(at / perToken);
    return (begins[expert] ?? 0) + (rowOf.get(token * count + expert) ?? 0);
  });
  return { rows: rows.map((own) => Int32Array.from(own)), places, shareAt };
}
