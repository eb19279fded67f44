/** Letters, marks, digits, and what connects them. */
const WORD = String.raw`\p{Alphabetic}\p{M}\p{Nd}\p{Pc}`;

/** What the engine of Hugging Face's tokenizers, Oniguruma, means by a class, and JavaScript by another. */
const CLASSES: Readonly<Record<string, string>> = {
  s: String.raw`\p{White_Space}`,
  S: String.raw`\P{White_Space}`,
  d: String.raw`\p{Nd}`,
  D: String.raw`\P{Nd}`,
  h: "[0-9A-Fa-f]",
  H: "[^0-9A-Fa-f]",
  w: `[${WORD}]`,
  W: `[^${WORD}]`,
};

/** The same outside of sets, where its words hold Latin-1's small numbers. */
const NUMBERS = String.raw`\u00B2\u00B3\u00B9\u00BC-\u00BE`;
const ALONE: Readonly<Record<string, string>> = {
  w: `[${WORD}${NUMBERS}]`,
  W: `[^${WORD}${NUMBERS}]`,
  R: String.raw`(?:\r\n|[\n-\r\u0085\u2028\u2029])`,
};

/** The same for places between characters; the others' lines end with a line feed alone. */
const PLACES: Readonly<Record<string, string>> = {
  A: "^",
  z: "$",
  Z: String.raw`(?=\n?$)`,
  b: `(?:(?<=[${WORD}])(?![${WORD}])|(?<![${WORD}])(?=[${WORD}]))`,
  B: `(?:(?<=[${WORD}])(?=[${WORD}])|(?<![${WORD}])(?![${WORD}]))`,
};
const SIGNS: Readonly<Record<string, string>> = {
  ".": String.raw`[^\n]`,
  "^": String.raw`(?<![^\n])`,
  $: String.raw`(?![^\n])`,
};

/** What a set of characters can hold in JavaScript only behind a backslash. */
const RESERVED = new Set("()[]{}/-|&!#$%*+,.:;<=>?@^`~");
/** What may stand behind a backslash outside of a set. */
const SYNTAX = new Set("^$\\.*+?()[]{}|/");
/** Most brackets within each other: there is a stack for so many. */
const MOST_OPEN = 200;
const CONTROLS = new Set("tnrfvc0123456789k");

/**
 * A regular expression of a tokenizer.json, written for Oniguruma, as one of JavaScript: Unicode's white space, digits and
 * words, sets within sets, scripts by their bare name, groups that ignore case, possessive quantifiers (as greedy ones).
 *
 * @throws SyntaxError for what JavaScript has nothing like.
 */
export function regexOf(source: string): RegExp {
  return compiled(new RegExp(new Translation(source).text, "gv"));
}

/** Engines compile an expression when it is first used, for texts of one byte a unit and of two: what is too large fails here. */
function compiled(regex: RegExp): RegExp {
  for (const text of ["", "\u0100"]) {
    regex.test(text);
    regex.lastIndex = 0;
  }
  return regex;
}

/** A text as an expression that finds it. */
export function literalOf(text: string): RegExp {
  return new RegExp(text.replace(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`), "gv");
}

/** One walk over an expression. */
class Translation {
  readonly text: string;
  readonly #source: readonly string[];
  #at = 0;
  /** How many groups and sets are open. */
  #depth = 0;

  constructor(source: string) {
    this.#source = [...source];
    this.text = this.#sequence(false);
    if (this.#at < this.#source.length) throw new SyntaxError("a bracket ends what has not begun");
  }

  #sequence(given: boolean): string {
    let isCaseless = given;
    let out = "";
    while (this.#at < this.#source.length && this.#source[this.#at] !== ")") {
      const flags = /^\(\?([imsx-]*)([:)])/.exec(this.#ahead(0, 12));
      if (flags !== null) {
        this.#at += flags[0].length;
        const has = (flags[1] ?? "").split("-")[0]?.includes("i") === true;
        const lacks = /-.*i/.test(flags[1] ?? "");
        const within = lacks ? false : isCaseless || has;
        if (flags[2] === ")") isCaseless = within;
        else {
          out += `(?:${this.#inner(within)})`;
        }
        continue;
      }
      out += this.#one(isCaseless);
    }
    return out;
  }

  #one(isCaseless: boolean): string {
    const here = this.#next();
    if (here === "\\") return this.#escaped(false);
    if (here === "[") return this.#set(isCaseless);
    if (here === "(") return this.#group(isCaseless);
    if (here === "{") return this.#count();
    if (/[*+?]/.test(here)) {
      if (this.#source[this.#at] === "+") this.#at++; // possessive
      return here;
    }
    if (/[\]}/]/.test(here)) return `\\${here}`;
    return SIGNS[here] ?? (isCaseless ? eitherCase(here) : here);
  }

  /** How often, or a bracket that is meant as such. */
  #count(): string {
    const count = /^(\d*)(,?)(\d*)\}/.exec(this.#ahead(0, 16));
    const [all = "", least = "", comma = "", most = ""] = count ?? [];
    if (least === "" && most === "") return String.raw`\{`;
    this.#at += all.length;
    return `{${least === "" ? "0" : least}${comma}${most}}`;
  }

  #group(isCaseless: boolean): string {
    const head = /^\?(?:[:=!>]|<[=!]|<\w+>)/.exec(this.#ahead(0, 40))?.[0] ?? "";
    this.#at += head.length;
    const inner = this.#inner(isCaseless);
    return `(${head === "?>" ? "?:" : head}${inner})`;
  }

  #set(isCaseless: boolean): string {
    const sign = this.#source[this.#at] === "^" ? this.#next() : "";
    // Of what stands on both sides of `&&`, JavaScript wants sets.
    const parts = [""];
    for (let isFirst = true; this.#at < this.#source.length; isFirst = false) {
      if (this.#source[this.#at] === "]" && !isFirst) {
        this.#at++;
        return `[${sign}${parts.length === 1 ? parts.join("") : parts.map((part) => `[${part}]`).join("&&")}]`;
      }
      const isBoth = this.#source[this.#at] === "&" && this.#source[this.#at + 1] === "&";
      if (isBoth) this.#at += 2;
      if (isBoth) parts.push("");
      else parts[parts.length - 1] += this.#item(isCaseless);
    }
    throw new SyntaxError("a set of characters has no end");
  }

  /** One thing of a set: a class, a set, a character, or all from one to another. */
  #item(isCaseless: boolean): string {
    const here = this.#next();
    if (here === "[" && this.#source[this.#at] === ":") return this.#posix();
    if (here === "[") return this.#within(() => this.#set(isCaseless));
    const first = here === "\\" ? this.#escaped(true) : inSet(here);
    const [dash, end] = this.#source.slice(this.#at, this.#at + 2);
    const isRange = dash === "-" && end !== undefined && !"[]".includes(end) && !isClass(first);
    if (!isRange) return isCaseless && first === here ? both(first, first) : first;
    this.#at += 2;
    const last = end === "\\" ? this.#escaped(true) : inSet(end);
    if (isClass(last)) return `${first}\\-${last}`;
    return isCaseless && first === here && last === end ? both(first, last) : `${first}-${last}`;
  }

  #posix(): string {
    const name = /^:(\^?)(\w+):\]/.exec(this.#ahead(0, 12));
    if (name === null) return String.raw`\[`;
    this.#at += name[0].length;
    const known = POSIX[name[2] ?? ""];
    if (known === undefined) throw new SyntaxError(`[:${name[2]}:] is no class of characters`);
    return `[${name[1]}${known}]`;
  }

  #escaped(isInSet: boolean): string {
    const here = this.#next();
    if ((here === "p" || here === "P") && this.#source[this.#at] === "{") return this.#property(here);
    const code = /^(?:x\{([\dA-Fa-f]+)\}|x([\dA-Fa-f]{1,2})|u([\dA-Fa-f]{4}))/.exec(this.#ahead(-1, 12));
    if (code !== null) {
      this.#at += code[0].length - 1;
      return `\\u{${code[1] ?? code[2] ?? code[3]}}`;
    }
    const known = (isInSet ? undefined : ALONE[here]) ?? CLASSES[here];
    if (known !== undefined) return known;
    const place = isInSet ? undefined : PLACES[here];
    if (place !== undefined) return place;
    if (here !== "" && CONTROLS.has(here)) return `\\${here}`;
    if (/[A-Za-z]/.test(here)) throw new SyntaxError(`\\${here} is not known`);
    if (isInSet ? RESERVED.has(here) || here === "\\" : SYNTAX.has(here)) return `\\${here}`;
    return here;
  }

  #property(letter: string): string {
    const end = this.#source.indexOf("}", this.#at);
    if (end === -1) throw new SyntaxError("a property has no end");
    const name = this.#source.slice(this.#at + 1, end).join("");
    this.#at = end + 1;
    const isNegated = name.startsWith("^");
    const bare = isNegated ? name.slice(1) : name;
    const sign = (letter === "P") === isNegated ? "p" : "P";
    const posix = POSIX[bare.toLowerCase()];
    if (posix !== undefined) return `[${sign === "P" ? "^" : ""}${posix}]`;
    const plain = `\\${sign}{${bare}}`;
    return isExpression(plain) ? plain : `\\${sign}{Script=${bare}}`;
  }

  /** What a group holds, up to behind its bracket. */
  #inner(isCaseless: boolean): string {
    const inner = this.#within(() => this.#sequence(isCaseless));
    if (this.#next() !== ")") throw new SyntaxError("a group has no end");
    return inner;
  }

  #within(read: () => string): string {
    if (++this.#depth > MOST_OPEN) throw new SyntaxError(`more than ${MOST_OPEN} brackets are open at once`);
    const text = read();
    this.#depth--;
    return text;
  }

  /** What comes next, of the source's characters. */
  #ahead(from: number, length: number): string {
    return this.#source.slice(this.#at + from, this.#at + from + length).join("");
  }

  #next(): string {
    return this.#source[this.#at++] ?? "";
  }
}

/** Classes by their POSIX names, as sets hold them. */
const POSIX: Readonly<Record<string, string>> = {
  alnum: String.raw`\p{Alphabetic}\p{Nd}`,
  alpha: String.raw`\p{Alphabetic}`,
  blank: String.raw`\p{Zs}\t`,
  cntrl: String.raw`\p{Cc}`,
  digit: String.raw`\p{Nd}`,
  lower: String.raw`\p{Lowercase}`,
  punct: String.raw`\p{P}\p{S}`,
  space: String.raw`\p{White_Space}`,
  upper: String.raw`\p{Uppercase}`,
  word: WORD,
  xdigit: "0-9A-Fa-f",
};

/** A character as a set holds it. */
function inSet(character: string): string {
  return RESERVED.has(character) ? `\\${character}` : character;
}

function isClass(text: string): boolean {
  return text.startsWith("[") || /^\\[pP]/.test(text);
}

/** What a set holds of a range in either case. */
function both(first: string, last: string): string {
  const cases = [first + last, (first + last).toLowerCase(), (first + last).toUpperCase()];
  return [...new Set(cases)].map(([from, to]) => (from === to ? from : `${from}-${to}`)).join("");
}

function eitherCase(character: string): string {
  const [lower, upper] = [character.toLowerCase(), character.toUpperCase()];
  return lower === upper ? character : `[${lower}${upper}]`;
}

function isExpression(source: string): boolean {
  try {
    return new RegExp(source, "v").flags === "v";
  } catch {
    return false;
  }
}
