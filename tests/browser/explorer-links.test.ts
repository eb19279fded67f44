import { deflateRawSync } from "node:zlib";
import { assert } from "../gate/suite.ts";
import { HOSTILE } from "../viz/examples.ts";
import { violations } from "./axe.ts";
import { alert, inChromium, knockOut, live, metric, picture, single, test } from "./explorer.ts";

/** A link's end with a field that it should not have. */
const packed = (field: object): string =>
  Buffer.from(deflateRawSync(JSON.stringify({ ...LINKED, ...field }))).toString("base64url");
const LINKED = {
  prompts: { clean: "a", corrupt: "a", answer: "a", wrong: "a" },
  deeds: [],
  which: "clean",
  tab: "lens",
  at: {},
};

// What the explorer keeps, refuses and survives: links, texts that would do harm, long prompts, small windows.

inChromium(
  "a link brings an experiment back; one of another version, or a damaged one, is refused in words",
  `${single}?backend=wasm`,
  async (page) => {
    await live(page, "wasm");
    await page
      .locator(".left textarea")
      .first()
      .fill("When Mary and John went to the store , John gave a ball to");
    await knockOut(page, [1, 0]);
    await page.getByRole("tab", { name: "lens" }).click();
    await page.locator("#panel label", { hasText: "prompt" }).locator("select").selectOption("clean");
    await live(page, "wasm");
    const wanted = await metric(page);
    await page.getByRole("button", { name: "link", exact: true }).click();
    await page.waitForFunction(() => location.hash.startsWith("#1."));
    const link = page.url();
    assert.ok(link.length < 1500);
    for (const [hash, want] of [
      ["#1.!!", "This link is damaged: it cannot be unpacked."],
      [`#1.${packed({ tab: "nonsense" })}`, "This link cannot be followed: its tab is not what it must be."],
      [
        `#1.${packed({ colour: "red" })}`,
        'This link cannot be followed: it has the field "colour", which this page does not know.',
      ],
      [
        `#1.${packed({ prompts: { ...LINKED.prompts, style: "red" } })}`,
        'This link cannot be followed: it has the field "prompts.style", which this page does not know.',
      ],
      [`#1.${packed({ panel: -1 })}`, "This link cannot be followed: its panel is not what it must be."],
      [
        `#1.${packed({ deeds: [{ kind: "patch", layer: 0, position: 1, next: 2 }] })}`,
        'This link cannot be followed: it has the field "deeds[0].next", which this page does not know.',
      ],
      [
        `#1.${packed({ deeds: [{ kind: "patch", layer: 0, position: -1 }] })}`,
        "This link cannot be followed: its deeds[0].position is not what it must be.",
      ],
      [
        `#1.${packed({ deeds: [{ kind: "constructor" }] })}`,
        "This link cannot be followed: its deeds[0] is nothing that this page does.",
      ],
      [
        `#1.${packed({ at: { pos: "x" } })}`,
        "This link cannot be followed: its at.pos is not what it must be.",
      ],
      ["#9.abc", 'This link is of another version ("#9.a"); this page reads "#1.".'],
    ] as const) {
      const other = await page.context().newPage();
      await other.goto(`${single}?backend=wasm${hash}`);
      await other.locator("[role=alert]").waitFor({ timeout: 60_000 });
      assert.is(await other.locator("[role=alert]").textContent(), want);
      await other.close();
    }
    const again = await page.context().newPage();
    await again.goto(link);
    await live(again, "wasm");
    assert.is(
      await again.locator(".left textarea").first().inputValue(),
      "When Mary and John went to the store , John gave a ball to",
    );
    assert.match(await again.locator(".right ol").innerText(), /knock out head 1\.0/);
    assert.is(await again.getByRole("tab", { name: "lens" }).getAttribute("aria-selected"), "true");
    assert.match((await picture(again)).source.prompt ?? "", /gave a ball to$/); // that of the clean prompt
    assert.equal(await metric(again), wanted);
  },
);

inChromium("tensors do not grow over many runs", `${single}?backend=wasm`, async (page) => {
  await live(page, "wasm");
  const tensors = (): Promise<string> => page.locator(".left dl dd").last().innerText();
  const counts: string[] = [];
  for (let i = 0; i < 20; i += 1) {
    await page.getByRole("button", { name: "run", exact: true }).click();
    await page.waitForTimeout(100);
    await live(page, "wasm");
    counts.push(await tensors());
  }
  assert.equal(new Set(counts).size, 1, counts.join(", "));
});

for (const [width, colorScheme] of [
  [1160, "light"],
  [400, "dark"],
] as const)
  inChromium(
    `axe finds nothing wrong in any tab, ${width} pixels wide, ${colorScheme}`,
    `${single}?backend=wasm`,
    async (page) => {
      await live(page, "wasm");
      for (const summary of await page.locator("summary").all()) await summary.click();
      await page.getByRole("button", { name: "show the code" }).click();
      await knockOut(page, [0, 3]);
      await live(page, "wasm");
      for (const tab of await page.getByRole("tab").all()) {
        await tab.click();
        assert.equal(await violations(page), [], await tab.innerText());
      }
    },
    { viewport: { width, height: 900 }, colorScheme },
  );

inChromium(
  "on a telephone there is one column, and nothing reaches beyond it",
  `${single}?backend=wasm`,
  async (page) => {
    await live(page, "wasm");
    assert.is(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true);
  },
  { viewport: { width: 400, height: 800 } },
);

inChromium(
  "prompts of hostile texts, of texts that are no word of the model, and of 500 tokens are drawn or refused in words",
  `${single}?backend=wasm`,
  async (page) => {
    await live(page, "wasm");
    const [clean, corrupt] = [0, 1].map((i) => page.locator(".left textarea").nth(i));
    const run = page.getByRole("button", { name: "run", exact: true });
    assert.equal(await page.locator(".left .chips mark").allInnerTexts(), ["John", "Mary"]);
    for (const text of [HOSTILE.join(" "), "", "Mary ".repeat(500).trim(), "zyzzyva"]) {
      await clean?.fill(text);
      await corrupt?.fill(text);
      await run.click();
      await page.waitForTimeout(300);
      await page.waitForFunction(
        () =>
          /^live, on \w+$/.test(document.querySelector("[role=status]")?.textContent ?? "") ||
          document.querySelector("[role=alert]") !== null,
        undefined,
        { timeout: 60_000 },
      );
      const faults = await page.locator("[role=alert]").allTextContents();
      for (const fault of faults) {
        assert.ok(fault.length > 20 && fault.length <= 2001 && !/undefined|NaN|\[object/.test(fault), fault);
        assert.not.match(fault, /[\u202e\u2066\u2028\ufffe]/); // shown by their numbers
      }
      assert.is(await page.locator("#panel hookdict-view").count(), 1);
      assert.is(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true);
    }
    for (const prompt of [clean, corrupt]) await prompt?.fill("When Mary and John went to the store");
    await page.getByLabel("answer", { exact: true }).fill("hopscotch");
    await run.click();
    assert.match(await alert(page), /no "hopscotch"/);
  },
);

inChromium(
  "hosted, the page's own script has 40 kB at the most, and that of pictures 150",
  (port) => `http://127.0.0.1:${port}/?backend=wasm`,
  async (page) => {
    const sizes = await page.evaluate(async () =>
      Promise.all(
        [...document.querySelectorAll("script[src]")].map(async (script) => {
          const name = script.getAttribute("src") ?? "";
          return [name, (await (await fetch(name)).arrayBuffer()).byteLength] as const;
        }),
      ),
    );
    assert.equal(
      sizes.map(([name]) => name),
      ["views.js", "page.js"],
    );
    const [views = 0, own = 0] = sizes.map(([, bytes]) => bytes);
    assert.ok(own > 10_000 && own <= 40_000 && views > own && views <= 150_000, `${own}, ${views}`);
  },
);

for (const [name, address] of [
  ["one file", `${single}?backend=wasm`],
  ["hosted", (port: number) => `http://127.0.0.1:${port}/?backend=wasm`],
] as const)
  inChromium(`${name}, no script but its own runs, and nothing is sent elsewhere`, address, async (page) => {
    await live(page, "wasm");
    const found = await page.evaluate(async () => {
      const broken: string[] = [];
      document.addEventListener("securitypolicyviolation", ({ effectiveDirective }) =>
        broken.push(effectiveDirective),
      );
      const script = document.createElement("script");
      script.textContent = "globalThis.ran = true";
      document.body.append(script);
      const style = document.createElement("p");
      style.setAttribute("style", "color:red");
      document.body.append(style);
      const sent = await fetch("http://127.0.0.2:1/", { method: "POST", body: "secret" }).then(
        () => "sent",
        () => "refused",
      );
      await new Promise((resolve) => setTimeout(resolve, 100));
      return { ran: "ran" in globalThis, sent, broken: [...new Set(broken)].sort() };
    });
    assert.equal(found, {
      ran: false,
      sent: "refused",
      broken: ["connect-src", "script-src-elem", "style-src-attr"],
    });
  });

test.run();
