import * as tf from "@tensorflow/tfjs-core";

/** Where an example's names may come from: module address and the names it exports. */
export interface Names {
  readonly from: string;
  readonly exports: ReadonlySet<string>;
}

/** The names a module exports. */
export async function namesOf(from: string): Promise<Names> {
  const module: Record<string, unknown> = await import(from);
  return { from, exports: new Set(Object.keys(module)) };
}

const tensorflow: Names = { from: "@tensorflow/tfjs-core", exports: new Set(Object.keys(tf)) };

/**
 * Imports for the names that an example in a doc comment uses and does not declare, in one line: from its
 * own file first, then from the packages, then from tfjs-core (also as `tf`).
 */
export function writePrelude(code: string, sources: readonly Names[]): string {
  const declared = declaredNames(code);
  const used = new Set(withoutTexts(code).match(/[A-Za-z_$][\w$]*/g));
  const imports = [...used]
    .filter((name) => !declared.has(name))
    .map((name) => ({ name, source: [...sources, tensorflow].find((source) => source.exports.has(name)) }))
    .flatMap(({ name, source }) =>
      source === undefined ? [] : [`import { ${name} } from ${JSON.stringify(source.from)};`],
    );
  if (used.has("tf") && !declared.has("tf")) imports.push(`import * as tf from "${tensorflow.from}";`);
  return imports.join(" ");
}

function withoutTexts(code: string): string {
  return code.replace(/\/\/.*$/gm, "").replace(/"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/g, '""');
}

function declaredNames(code: string): Set<string> {
  const declarations = code.matchAll(
    /\b(?:const|let|using|class|function|import)\s+(?:\*\s*as\s+)?([\w$]+|[{[][^}\]]*[}\]])/g,
  );
  return new Set([...declarations].flatMap(([, names]) => names?.match(/[A-Za-z_$][\w$]*/g) ?? []));
}
