import type { Card, Deed, Kept, Look, Prompts, Sent } from "../messages.ts";

/** What one sees: everything that the page draws. */
export interface State {
  readonly status: string;
  readonly fault: string;
  /** What the model that is being loaded is warned of. */
  readonly warning: string;
  readonly card: Card | undefined;
  /** The backend that was asked for; empty for the best that there is. */
  readonly backend: string;
  readonly prompts: Prompts;
  readonly deeds: readonly Deed[];
  readonly which: "clean" | "corrupt";
  readonly tab: string;
  readonly at: Readonly<Record<string, number>>;
  /** The site that is selected in the tree. */
  readonly site: string;
  /** The selected cell in words. */
  readonly told: string;
  /** The picture of the tab that a link asked for, until it is in sight. */
  readonly panel: number | undefined;
  readonly look: Look | undefined;
  /** The prompts that pictures are of. */
  readonly looked: Prompts;
  /** A run to compare with. */
  readonly pinned: { readonly metric: number; readonly deeds: string } | undefined;
  readonly pictures: Readonly<Record<string, readonly Sent[]>>;
  readonly work:
    { readonly id: number; readonly name: string; readonly done: number; readonly total: number } | undefined;
  readonly log: readonly string[];
  readonly kept: readonly Kept[];
  /** Whether the browser has promised not to evict what is kept. */
  readonly isSafe: boolean;
  readonly code: string;
  readonly address: string;
  /** A host that a link names, which is asked only when its reader says so. */
  readonly asks: string | undefined;
  /** The token with which a generation branches. */
  readonly branch: string;
  /** A spec as it is typed. */
  readonly spec: string;
  readonly steer: { readonly plus: string; readonly minus: string; readonly factor: number };
}

export const PROMPTS: Prompts = {
  clean: "When Mary and John went to the store , John gave a drink to",
  corrupt: "When Mary and John went to the store , Mary gave a drink to",
  answer: "Mary",
  wrong: "John",
};

/** Tabs, with the pictures of a look that stand in each. */
export const TABS: readonly (readonly [name: string, pictures: readonly string[]])[] = [
  ["attention", ["attention"]],
  ["tokens", ["tokens", "captured"]],
  ["lens", ["lens"]],
  ["patching", []],
  ["components", ["components"]],
  ["distribution", ["distribution"]],
  ["circuit", []],
  ["generation", []],
  ["sites", ["sites"]],
];

export const START: State = {
  status: "recorded; live in a moment",
  fault: "",
  warning: "",
  card: undefined,
  backend: "",
  prompts: PROMPTS,
  deeds: [],
  which: "corrupt",
  tab: "attention",
  at: {},
  site: "",
  told: "",
  panel: undefined,
  look: undefined,
  looked: PROMPTS,
  pinned: undefined,
  pictures: {},
  work: undefined,
  log: [],
  kept: [],
  isSafe: false,
  code: "",
  address: "",
  asks: undefined,
  branch: "Mary",
  spec: '{ "interventions": [\n  { "kind": "zero", "at": "blocks.0.hook_resid_pre", "positions": [10] }\n] }',
  steer: { plus: "Mary", minus: "John", factor: 1 },
};
