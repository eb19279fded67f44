/** A random order of numbers below `count`. */
export function shuffled(count: number, random: () => number): number[] {
  const order = Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j] ?? 0, order[i] ?? 0];
  }
  return order;
}

/** A seed for one of many draws, each by its numbers. */
export function seedOf(seed: number, draw: number, copy: number): number {
  return (seed * 1009 + draw) * 65_537 + copy;
}
