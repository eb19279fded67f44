import type { Drawn, DrawnNode } from "../layout/tree.ts";

/** A node of the page with what it was made of. */
interface Held {
  readonly node: Node;
  readonly made: DrawnNode;
  readonly held: readonly Held[];
}

const NOTHING: DrawnNode = { tag: "", given: {}, children: [] };
const HELD = new WeakMap<Node, readonly Held[]>();
const SVG = "http://www.w3.org/2000/svg";

/** Makes the children of a place what is given, and leaves those alone that others put there. */
export function render(drawn: Drawn, place: Element | ShadowRoot): void {
  HELD.set(place, patch(place, HELD.get(place) ?? [], [drawn], false));
}

/** Text as a node without a tag. */
const nodeOf = (drawn: Exclude<Drawn, null>): DrawnNode =>
  typeof drawn === "object" ? drawn : { ...NOTHING, given: { text: String(drawn) } };

const nameOf = ({ tag, given }: DrawnNode): string => `${tag} ${String(given["key"])}`;

function patch(
  place: Node,
  old: readonly Held[],
  children: readonly Drawn[],
  isSvg: boolean,
): readonly Held[] {
  const free = new Map<string, Held[]>();
  for (const each of old) {
    const name = nameOf(each.made);
    const others = free.get(name);
    if (others === undefined) free.set(name, [each]);
    else others.push(each);
  }
  const pairs = children
    .filter((each) => each !== null)
    .map((drawn) => {
      const made = nodeOf(drawn);
      return { made, before: free.get(nameOf(made))?.shift() };
    });
  // What goes, goes first: then what stays is not moved, which would take the keyboard from it.
  for (const others of free.values()) for (const { node } of others) (node as ChildNode).remove();
  let next = place.firstChild;
  return pairs.map(({ made, before }) => {
    const inSvg = isSvg || made.tag === "svg";
    const held = changed(made, before, inSvg);
    if (held.node === next) next = next.nextSibling;
    else place.insertBefore(held.node, next);
    return held;
  });
}

function changed(made: DrawnNode, before: Held | undefined, isSvg: boolean): Held {
  const { tag, given, children } = made;
  const old = before?.made ?? NOTHING;
  if (tag === "") {
    const node = before?.node ?? document.createTextNode("");
    if (old.given["text"] !== given["text"]) node.textContent = String(given["text"]);
    return { node, made, held: [] };
  }
  const element = (before?.node ??
    (isSvg ? document.createElementNS(SVG, tag) : document.createElement(tag))) as HTMLElement; // or one of SVG
  for (const name of Object.keys({ ...old.given, ...given }))
    if (old.given[name] !== given[name]) set(element, name, given[name]);
  const held = patch(element, before?.held ?? [], children, isSvg);
  // After its options: a reader may have changed it since.
  if ("value" in given && (element as HTMLInputElement).value !== String(given["value"]))
    (element as HTMLInputElement).value = String(given["value"]);
  (given["ref"] as ((element: HTMLElement) => void) | undefined)?.(element);
  return { node: element, made, held };
}

/** Handlers and what a reader changes are properties; all else are attributes. */
function set(element: HTMLElement, name: string, value: unknown): void {
  if (name === "style") Object.assign(element.style, value);
  else if (/^(on|checked$|selected$)/.test(name))
    Object.assign(element, { [name.toLowerCase()]: value ?? null });
  else if (/^(key|ref|value)$/.test(name)) return;
  else if (value === true || typeof value === "number" || (typeof value === "string" && value !== ""))
    element.setAttribute(name, value === true ? "" : String(value));
  else element.removeAttribute(name);
}
