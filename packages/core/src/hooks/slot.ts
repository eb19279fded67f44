import { showAsText } from "@hookdict/tensordict";
import { kwargsRefused, runStopped } from "./errors.ts";
import type { SitePort } from "./port.ts";
import { duringAll, type Runs } from "../runs/runs.ts";
import type { Chain } from "./direction.ts";
import { isBypass } from "./bypass.ts";
import { accept, fire, type HookChain, type HookEntry } from "./entry.ts";
import { isKwargs, type Kwargs, kwargs, packInputs, unpackInputs } from "./inputs.ts";
import { isTaping, leaveToScope, noteMade, tensorMark } from "@hookdict/tensordict/tensors";
import { SiteTap } from "./site-tap.ts";
import { type SlotHolder, setSlot } from "./slot-holder.ts";
import type { Firing, Turn } from "./turn.ts";

const NONE: readonly never[] = Object.freeze([]);
const CHAINS = ["fwdPre", "fwd", "bwdPre", "bwd"] as const satisfies readonly Chain[];

/** Most lists have one item. */
function without<T>(items: readonly T[], gone: T): readonly T[] {
  return items.length === 1 && items[0] === gone ? NONE : items.filter((item) => item !== gone);
}

/**
 * The hooks of one place in a model and the one way in which they run: inputs, body, output, and taps for the
 * gradients. Every kind of model runs its sites through {@link HookSlot.run}. Fields are declared for the reason that
 * `HookEntry` gives.
 */
export class HookSlot {
  static {
    showAsText(
      this,
      (slot) => `HookSlot: ${CHAINS.map((name) => `${slot[name].length} ${name}`).join(", ")}`,
    );
  }

  declare fwdPre: HookChain;
  declare fwd: HookChain;
  declare bwdPre: HookChain;
  declare bwd: HookChain;
  declare ports: readonly SitePort[];
  /** Whether a run may be going through a chain, which is then left as it is. */
  declare isLent: boolean;

  /** Models whose outermost call is this place's: running it is a run of theirs. */
  declare roots: readonly Runs[];

  /** Whether the place can do anything with keyword inputs; if not, no hook may give it any. */
  declare readonly takesKwargs: boolean;

  declare readonly place: SlotHolder<HookSlot> | (() => void);

  /** @param place Where the slot is, or what takes it off: thousands of holders need no function each. */
  constructor(place: SlotHolder<HookSlot> | (() => void), takesKwargs = true) {
    this.place = place;
    this.fwdPre = this.fwd = this.bwdPre = this.bwd = NONE;
    this.ports = NONE;
    this.isLent = false;
    this.roots = NONE;
    this.takesKwargs = takesKwargs;
  }

  /** Takes the slot off its place, once it is empty. A holder that was frozen with its hooks keeps it: it changes nothing. */
  release(): void {
    if (typeof this.place === "function") this.place();
    else setSlot(this.place, null);
  }

  /** Whether there is nothing but these two hooks. */
  holdsOnly(input: HookEntry, output: HookEntry): boolean {
    if (this.fwdPre.length !== 1 || this.fwd.length !== 1 || this.ports.length !== 1) return false;
    if (this.bwdPre.length > 0 || this.bwd.length > 0 || this.roots.length > 0) return false;
    return this.fwdPre[0] === input && this.fwd[0] === output;
  }

  get isEmpty(): boolean {
    return this.ports.length === 0 && this.roots.length === 0;
  }

  /**
   * Whether {@link HookSlot.run} would do no more than {@link HookSlot.begin}, the body and {@link HookSlot.end}, if
   * there are no keyword inputs: a run is under way, nothing here waits for a gradient, and no hook may bring some in.
   */
  get isSimple(): boolean {
    const { bwd, bwdPre, fwdPre, roots } = this;
    if (bwd.length > 0 || bwdPre.length > 0 || roots.length > 0) return false;
    return fwdPre.every(({ direction }) => direction === "fwd_pre");
  }

  /** A chain that may be changed in place, since no run goes through it: thousands of hooks may come to one place. */
  #ownChain(name: Chain): HookEntry[] {
    if (this.isLent) {
      for (const each of CHAINS) if (this[each].length > 0) this[each] = [...this[each]];
      this.isLent = false;
    }
    if (this[name] === NONE) this[name] = [];
    return this[name] as HookEntry[]; // no run has it
  }

  insert(entry: HookEntry): void {
    const { port, terms } = entry;
    const { chain: name, rank } = terms;
    // Most places have one hook: a list that grows would take room for many.
    if (this[name].length === 0) this[name] = [entry];
    else {
      const chain = this.#ownChain(name);
      let at = chain.length;
      while (at > 0 && (chain[at - 1]?.rank ?? 0) > rank) at--;
      if (at === chain.length) chain.push(entry);
      else chain.splice(at, 0, entry);
    }
    if (this.ports.length === 0) this.ports = [port];
    else if (!this.ports.includes(port)) this.ports = [...this.ports, port];
  }

  remove(entry: HookEntry): void {
    entry.removed = true;
    const { port, terms } = entry;
    const present = this[terms.chain];
    if (present.length === 1 && present[0] === entry) this[terms.chain] = NONE;
    else {
      const chain = this.#ownChain(terms.chain);
      // Most go in the order in which they came, or in the reverse one.
      const at = chain[0] === entry ? 0 : chain.lastIndexOf(entry);
      if (at >= 0) chain.splice(at, 1);
    }
    if (port.count === 0) this.ports = without(this.ports, port);
  }

  /**
   * Runs the site: pre hooks on the inputs, `body`, hooks on the output.
   *
   * @throws HookError when a hook throws; ShapeError for a replacement that does not fit; UsageError `KWARGS_REFUSED`;
   * LifetimeError `RUN_STOPPED`.
   */
  run(args: readonly unknown[], body: (...args: readonly unknown[]) => unknown): unknown {
    const { roots } = this;
    return roots.length === 0 ? this.#pass(args, body) : duringAll(roots, () => this.#pass(args, body));
  }

  #pass(args: readonly unknown[], body: (...args: readonly unknown[]) => unknown): unknown {
    const turn = this.enter();
    const last = this.takesKwargs ? args.at(-1) : undefined;
    let keyword: Kwargs | undefined = isKwargs(last) ? last : undefined;
    let inputs = keyword === undefined ? args : args.slice(0, -1);
    const mark = tensorMark();
    if (this.fwdPre.length > 0) ({ inputs, keyword } = this.#chainInputs(turn, inputs, keyword, mark));
    const tap =
      (this.bwd.length > 0 || this.bwdPre.length > 0) && isTaping()
        ? new SiteTap(this, (entry) => passOf(turn, entry))
        : undefined;
    if (tap !== undefined) inputs = tap.tapInputs(inputs);
    const { bypass } = turn;
    const given = keyword === undefined ? inputs : [...inputs, keyword];
    const output = bypass === undefined ? body(...given) : bypass.output;
    let passedOn: unknown;
    try {
      if (output !== inputs[0]) noteMade(output, mark); // a point gives what it was given
      passedOn = this.#passOn(firingOf(turn, inputs, keyword, mark), output, tap);
      return passedOn;
    } finally {
      if (passedOn !== output) leaveToScope(output, mark); // replaced, or the run ends here: nobody else knows of it
    }
  }

  /**
   * The first half of {@link HookSlot.run}, for a body that waits and for simple slots: the inputs as the pre hooks leave them.
   * Nothing is tapped, for a gradient cannot wait.
   */
  begin(turn: Turn, args: readonly unknown[]): readonly unknown[] {
    return this.fwdPre.length === 0 ? args : this.#chainInputs(turn, args, undefined, tensorMark()).inputs;
  }

  /** The second half: the output as the hooks leave it. */
  end(turn: Turn, inputs: readonly unknown[], output: unknown): unknown {
    return this.#passOn(firingOf(turn, inputs, undefined, tensorMark()), output, undefined);
  }

  /** Notes that the site runs. */
  enter(): Turn {
    const { ports } = this;
    const pass = ports[0]?.enter() ?? 0;
    const otherPasses = ports.length > 1 ? ports.slice(1).map((port) => port.enter()) : NONE;
    return { ports, pass, otherPasses, bypass: undefined };
  }

  #chainInputs(
    turn: Turn,
    given: readonly unknown[],
    givenKeyword: Kwargs | undefined,
    mark: number,
  ): { inputs: readonly unknown[]; keyword: Kwargs | undefined } {
    let inputs = given;
    let keyword = givenKeyword;
    let stopper: HookEntry | undefined;
    const chain = this.fwdPre;
    this.isLent = true;
    for (const entry of chain) {
      if (!entry.isLive()) continue;
      const pass = passOf(turn, entry);
      if (entry.ignores(pass)) continue;
      const packed = packInputs(inputs);
      const withKeyword = entry.direction === "fwd_pre_kwargs";
      const value = withKeyword ? { inputs: packed, kwargs: keyword } : packed;
      const result = fire(
        entry,
        value,
        entry.info(packed, withKeyword ? keyword : undefined, undefined, pass),
      );
      if (entry.kind === "stop" && result !== false) stopper ??= entry;
      if (entry.kind !== "replace" || result === undefined) continue;
      if (isBypass(result)) {
        turn.bypass = result;
        continue;
      }
      const accepted = accept(entry, value, result, mark);
      if (withKeyword) {
        const both = accepted as { inputs: unknown; kwargs: Readonly<Record<string, unknown>> | undefined }; // `accept` has checked the record
        const names = this.takesKwargs ? [] : Object.keys(both.kwargs ?? {});
        if (names.length > 0) throw kwargsRefused(entry, names);
        inputs = unpackInputs(both.inputs, inputs.length);
        keyword = both.kwargs === undefined || isKwargs(both.kwargs) ? both.kwargs : kwargs(both.kwargs);
      } else inputs = unpackInputs(accepted, inputs.length);
    }
    if (stopper !== undefined) throw runStopped(stopper.site, stopper.owner.name);
    checkEarlyStop(turn, chain);
    return { inputs, keyword };
  }

  /**
   * The output after its hooks, tapped behind the last that may replace it: what is computed from a value that the
   * others look at has its gradient here.
   */
  #passOn(firing: Firing, output: unknown, tap: SiteTap | undefined): unknown {
    const chain = this.fwd;
    if (tap === undefined) return chain.length === 0 ? output : this.#chainOutput(chain, firing, output);
    const lookers = chain.findLastIndex(({ kind }) => kind === "replace") + 1;
    firing.isCut = true;
    const replaced = this.#chainOutput(chain.slice(0, lookers), firing, output);
    firing.isCut = false;
    return this.#chainOutput(chain.slice(lookers), firing, tap.tapOutput(replaced));
  }

  #chainOutput(chain: HookChain, firing: Firing, given: unknown): unknown {
    const { turn, inputs, keyword, mark } = firing;
    let output = given;
    let { stopper } = firing;
    this.isLent = true; // again: a hook on the inputs may have made a copy of the chains
    const packed = packInputs(inputs);
    for (const entry of chain) {
      if (!entry.isLive()) continue;
      const pass = passOf(turn, entry);
      if (entry.ignores(pass)) continue;
      const seen = entry.direction === "fwd_kwargs" ? keyword : undefined;
      const result = fire(entry, output, entry.info(packed, seen, undefined, pass));
      if (entry.kind === "stop" && result !== false) stopper ??= entry;
      if (entry.kind === "replace" && result !== undefined) output = accept(entry, output, result, mark);
    }
    if (stopper !== undefined && !firing.isCut) throw runStopped(stopper.site, stopper.owner.name);
    firing.stopper = stopper;
    checkEarlyStop(turn, chain);
    return output;
  }

  /** All hooks here. */
  get entries(): readonly HookEntry[] {
    return [...this.fwdPre, ...this.fwd, ...this.bwdPre, ...this.bwd];
  }

  /** How many hooks are here. */
  get size(): number {
    return this.entries.length;
  }
}

/**
 * Ends the run when nobody waits for anything that comes later, also when the hooks here have been removed meanwhile.
 * Hooks that wait for the next run change nothing in this one.
 */
function checkEarlyStop({ ports }: Turn, chain: HookChain): void {
  for (const port of ports) {
    const { early } = port.model;
    if (early !== undefined && chain.some((entry) => entry.port.model.admits(entry.tick))) early.check(port);
  }
}

function passOf({ ports, pass, otherPasses }: Turn, { port }: HookEntry): number {
  return ports[0] === port ? pass : (otherPasses[ports.indexOf(port) - 1] ?? 0); // a hook that came later waits for the next run
}

function firingOf(turn: Turn, inputs: readonly unknown[], keyword: Kwargs | undefined, mark: number): Firing {
  return { turn, inputs, keyword, mark, stopper: undefined, isCut: false };
}
