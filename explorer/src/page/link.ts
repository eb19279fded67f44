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

const FIELDS = ["model", "prompts", "deeds", "which", "tab", "at"];

function checked(value: unknown): Linked {
  const record = Object(value) as Record<string, unknown>;
  const odd = Object.keys(record).find((name) => !FIELDS.includes(name));
  if (odd !== undefined)
    throw new Error(`This link has the field ${JSON.stringify(odd)}, which this page does not know.`);
  const { model, prompts, deeds, which, tab, at } = record;
  const isText = (each: unknown): boolean => typeof each === "string";
  const { clean, corrupt, answer, wrong } = Object(prompts) as Record<string, unknown>;
  const isGood =
    (model === undefined || isText(model)) &&
    [clean, corrupt, answer, wrong].every(isText) &&
    (which === "clean" || which === "corrupt") &&
    TABS.some(([name]) => name === tab) &&
    Array.isArray(deeds) &&
    deeds.every(isDeed) &&
    Object.values(Object(at) as object).every(Number.isInteger);
  if (!isGood) throw new Error("This link is damaged: a field of it is not what it must be.");
  return value as Linked; // field by field above
}

const isSwitch = (value: unknown): boolean => value === undefined || typeof value === "boolean";

function isDeed(value: unknown): value is Deed {
  const deed = Object(value) as Record<string, unknown>;
  // What is in a spec, the worker looks at.
  if (deed["kind"] === "spec")
    return typeof deed["spec"] === "object" && deed["spec"] !== null && isSwitch(deed["off"]);
  const isIndex = (each: unknown): boolean => Number.isInteger(each) && (each as number) >= 0;
  if (!isIndex(deed["layer"]) || !isSwitch(deed["off"])) return false;
  if (deed["kind"] === "scaleHead") return isIndex(deed["head"]) && Number.isFinite(deed["factor"]);
  if (deed["kind"] === "patch") return isIndex(deed["position"]);
  return (
    deed["kind"] === "steer" &&
    typeof deed["plus"] === "string" &&
    typeof deed["minus"] === "string" &&
    Number.isFinite(deed["factor"])
  );
}
