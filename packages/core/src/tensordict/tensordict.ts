// PLACEHOLDER by the lead so that the hooking core runs; the TensorDict work replaces this file (any name will do).
import type { Tensor } from "@tensorflow/tfjs-core";
export class TensorDict {
  m = new Map<string, unknown>();
  static { Object.defineProperty(TensorDict.prototype, Symbol.for("@hookdict/tensordict"), { value: true }); }
  k(k: string | readonly string[]): string { return JSON.stringify(typeof k === "string" ? [k] : k); }
  get(k: string | readonly string[]): any { if (!this.m.has(this.k(k))) throw new Error("no " + this.k(k)); return this.m.get(this.k(k)); }
  has(k: string | readonly string[]): boolean { return typeof k === "string" ? [...this.m.keys()].some((x) => JSON.parse(x)[0] === k) : this.m.has(this.k(k)); }
  set(k: string | readonly string[], v: any): this { this.m.get(this.k(k)) && (this.m.get(this.k(k)) as any).dispose?.(); this.m.set(this.k(k), v); return this; }
  delete(k: string | readonly string[]): void { (this.m.get(this.k(k)) as any)?.dispose?.(); this.m.delete(this.k(k)); }
  keys(_o?: any): string[][] { return [...this.m.keys()].map((k) => JSON.parse(k)); }
  entries(_o?: any): [string[], Tensor][] { return [...this.m].map(([k, v]) => [JSON.parse(k), v as Tensor]); }
  map(fn: any): TensorDict { const t = new TensorDict(); for (const [k, v] of this.m) t.m.set(k, fn(v)); return t; }
  clone(): TensorDict { return this.map((t: Tensor) => t.clone()); }
  dispose(): void { for (const v of this.m.values()) (v as any)?.dispose?.(); this.m.clear(); }
  [Symbol.dispose](): void { this.dispose(); }
}
