import type { Deed, Prompts } from "../messages.ts";
import { fromBase64, through } from "./pack.ts";
import { TABS } from "./state.ts";

/** What a link carries. */
export interface Linked {
  /** Address of a model; the built-in one where there is none. */
  readonly model?: string;
  readonly prompts: Prompts;
  readonly deeds: readonly Deed[];
  /** Which prompt is looked at. */
  readonly which: "clean" | "corrupt";
  readonly tab: string;
  readonly at: Readonly<Record<string, number>>;
  /** Which of the tab's pictures is brought into sight. */
  readonly panel?: number;
}

const VERSION = "#1.";
const LONGEST = 8000;
/** Bytes that a link may unpack to: more is no experiment. */
const LARGEST = 200_000;

/** The experiment as the end of an address. @throws Error where it is too long for one. */
export async function writeLink(linked: Linked): Promise<string> {
  const json = new TextEncoder().encode(JSON.stringify(linked));
  const packed = await through(json, new CompressionStream("deflate-raw"));
  const text = btoa(String.fromCharCode(...packed))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replace(/=+$/, "");
  const link = VERSION + text;
  if (link.length > LONGEST)
    throw new Error(
      `This experiment makes a link of ${link.length} characters; 8,000 are the most. Shorten the prompts or the list.`,
    );
  return link;
}

/** The experiment of an address; `undefined` where it has none. @throws Error in words, for what is no link of this page. */
export async function readLink(hash: string): Promise<Linked | undefined> {
  if (hash === "" || hash === "#") return undefined;
  if (!hash.startsWith(VERSION))
    throw new Error(
      `This link is of another version (${JSON.stringify(hash.slice(0, 4))}); this page reads "#1.".`,
    );
  if (hash.length > LONGEST) throw new Error(`This link has ${hash.length} characters; 8,000 are the most.`);
  let value: unknown;
  try {
    const bytes = fromBase64(hash.slice(VERSION.length).replaceAll("-", "+").replaceAll("_", "/"));
    const json = await through(bytes, new DecompressionStream("deflate-raw"), LARGEST);
    value = JSON.parse(new TextDecoder().decode(json));
  } catch {
    throw new Error("This link is damaged: it cannot be unpacked.");
  }
  return checked(value);
}

/** What a value must be; gives words for what is not. */
type Check = (value: unknown, path: string) => string | undefined;

const is =
  (holds: (value: unknown) => boolean): Check =>
  (value, path) =>
    holds(value) ? undefined : `its ${path} is not what it must be`;
const maybe =
  (check: Check): Check =>
  (value, path) =>
    value === undefined ? undefined : check(value, path);
const text = is((value) => typeof value === "string");
const flag = is((value) => typeof value === "boolean");
const finite = is(Number.isFinite);
const index = is((value) => Number.isInteger(value) && (value as number) >= 0);

/** A record of these fields and no others. */
const fields =
  (shape: Readonly<Record<string, Check>>): Check =>
  (value, path) => {
    if (typeof value !== "object" || value === null || Array.isArray(value))
      return `its ${path} is not what it must be`;
    const record = value as Readonly<Record<string, unknown>>;
    const under = (name: string): string => (path === "" ? name : `${path}.${name}`);
    const odd = Object.keys(record).find((name) => !Object.hasOwn(shape, name));
    if (odd !== undefined)
      return `it has the field ${JSON.stringify(under(odd))}, which this page does not know`;
    return first(Object.keys(shape), (name) => shape[name]?.(record[name], under(name)));
  };

const listOf =
  (check: Check): Check =>
  (value, path) =>
    Array.isArray(value)
      ? first([...value.keys()], (i) => check(value[i], `${path}[${i}]`))
      : `its ${path} is not what it must be`;

function first<T>(list: readonly T[], look: (each: T) => string | undefined): string | undefined {
  for (const each of list) {
    const words = look(each);
    if (words !== undefined) return words;
  }
  return undefined;
}

/** What each kind of deed is made of. What is in a spec, the worker looks at. */
const DEEDS: Readonly<Record<string, Check>> = {
  scaleHead: fields({ kind: text, layer: index, head: index, factor: finite, off: maybe(flag) }),
  patch: fields({ kind: text, layer: index, position: index, off: maybe(flag) }),
  steer: fields({ kind: text, layer: index, plus: text, minus: text, factor: finite, off: maybe(flag) }),
  spec: fields({
    kind: text,
    spec: is((value) => typeof value === "object" && value !== null),
    off: maybe(flag),
  }),
};

const deed: Check = (value, path) => {
  const kind = String((Object(value) as { readonly kind?: unknown }).kind);
  const check = Object.hasOwn(DEEDS, kind) ? DEEDS[kind] : undefined;
  return check === undefined ? `its ${path} is nothing that this page does` : check(value, path);
};

const LINKED = fields({
  model: maybe(text),
  prompts: fields({ clean: text, corrupt: text, answer: text, wrong: text }),
  deeds: listOf(deed),
  panel: maybe(index),
  which: is((value) => value === "clean" || value === "corrupt"),
  tab: is((value) => TABS.some(([name]) => name === value)),
  at: (value, path) =>
    typeof value === "object" && value !== null
      ? first(Object.entries(value), ([name, each]) => is(Number.isInteger)(each, `${path}.${name}`))
      : `its ${path} is not what it must be`,
});

function checked(value: unknown): Linked {
  const words = LINKED(value, "");
  if (words !== undefined) throw new Error(`This link cannot be followed: ${words}.`);
  return value as Linked; // field by field above
}
