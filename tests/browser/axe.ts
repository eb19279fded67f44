import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string }[];
}

/** What axe-core finds wrong, by its rules' names; also targets of less than 24 pixels, which it passes over by itself. */
export async function violations(opened: Page): Promise<readonly string[]> {
  await opened.evaluate(axe);
  return opened.evaluate(async () => {
    const { axe: run } = globalThis as never as {
      readonly axe: { run(options: object): Promise<{ readonly violations: readonly Violation[] }> };
    };
    return (await run.run({ rules: { "target-size": { enabled: true } } })).violations.map(
      ({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 100)}`,
    );
  });
}
