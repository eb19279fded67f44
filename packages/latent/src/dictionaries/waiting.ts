import { keptClone } from "@hookdict/tensordict/tensors";
import type { Tensor } from "@tensorflow/tfjs-core";
import type { DictionaryReading } from "./dictionary-site.ts";

const TENSORS = ["x", "given", "own", "features"] as const;

/** Readings that wait for the site where they are written, by the number of the pass. **Ownership:** owns clones. */
export class WaitingReadings {
  readonly #byPass = new Map<number, DictionaryReading>();

  put(pass: number, reading: DictionaryReading): void {
    const clones = new Map<Tensor, Tensor>();
    for (const name of TENSORS) {
      const tensor = reading[name];
      if (!clones.has(tensor)) clones.set(tensor, keptClone(tensor));
    }
    const kept = Object.fromEntries(TENSORS.map((name) => [name, clones.get(reading[name])]));
    this.#drop(pass);
    this.#byPass.set(pass, { ...reading, ...kept });
  }

  /** **Ownership:** *borrowed*. */
  get(pass: number): DictionaryReading | undefined {
    return this.#byPass.get(pass);
  }

  forget(): void {
    for (const pass of this.#byPass.keys()) this.#drop(pass);
  }

  #drop(pass: number): void {
    const reading = this.#byPass.get(pass);
    this.#byPass.delete(pass);
    if (reading === undefined) return;
    for (const tensor of new Set(TENSORS.map((name) => reading[name]))) tensor.dispose();
  }
}
