import { assert } from "../gate/suite.ts";
import { alert, byClicks, inChromium, live, metric, run, single, status, test } from "./explorer.ts";

// What is cancelled, and workers that end or never answer: nothing hangs, nothing stays blank, and what went wrong is said.

inChromium(
  "whatever is cancelled, at its first step or later, leaves no tensor, and the next thing is done",
  `${single}?backend=wasm`,
  async (page) => {
    await live(page, "wasm");
    const facts = (): Promise<string> => page.locator(".left dl").innerText();
    await run(page);
    await live(page, "wasm");
    const before = await facts();
    const endings: string[] = [];
    for (const [tab, name] of [
      ["patching", "patch every position"],
      ["patching", "patch every head"],
      ["generation", "generate 8 tokens"],
    ] as const)
      for (const later of [0, 2]) {
        await byClicks(page, [
          ["tab", tab],
          ["button", name],
        ]);
        // In the page, as soon as it is so far: a driver's click comes later.
        await page.waitForFunction(
          (least) => {
            const progress = document.querySelector("progress");
            const isThere = progress !== null && progress.value >= least;
            if (isThere) progress.parentElement?.querySelector("button")?.click();
            return isThere;
          },
          later,
          { polling: 5 },
        );
        // What ends before it hears of it, has ended.
        await page.waitForFunction(() => document.querySelector("progress") === null);
        endings.push((await page.locator("[role=alert]").allTextContents())[0] ?? "done");
        await run(page);
        await page.locator("[role=alert]").waitFor({ state: "detached" });
        await live(page, "wasm");
        assert.is(await facts(), before);
      }
    assert.ok(
      endings.every((each) => ["Cancelled.", "Paused.", "done"].includes(each)),
      endings.join(" "),
    );
    assert.is(endings[0], "Cancelled."); // of 60 patches, at the first
  },
);

inChromium(
  "a model whose loading is cancelled is not loaded, and what came of it is gone on with",
  (port) => `http://127.0.0.1:${port}/?backend=wasm`,
  async (page) => {
    await live(page, "wasm");
    const before = await page.locator(".left dl").innerText();
    await page.locator("summary", { hasText: "another model" }).click();
    await page.locator('input[type="url"]').fill("/padded/");
    await page.getByRole("button", { name: "load", exact: true }).click();
    await page.waitForFunction(
      () => {
        const progress = document.querySelector("progress");
        const isThere = progress !== null && progress.max > 1e7;
        if (isThere) progress.parentElement?.querySelector("button")?.click();
        return isThere;
      },
      undefined,
      { polling: 5 },
    );
    assert.is(await alert(page), "Cancelled.");
    assert.is(await page.locator(".left dl").innerText(), before);
    await run(page);
    await page.locator("[role=alert]").waitFor({ state: "detached" });
    await live(page, "wasm");
    assert.match(
      await page.locator(".left ul").innerText(),
      /padded\/model\.safetensors \(\d+\.\d of 21\.1 MB\)/,
    );
    await page.getByRole("button", { name: "load", exact: true }).click();
    await page.waitForFunction(() => document.querySelector(".left dl")?.textContent?.includes("/padded/"));
    await live(page, "wasm");
    assert.is(await page.locator("[role=alert]").count(), 0);
  },
);

inChromium(
  "a worker that ends is started anew, with all that was done; one that ends again is told of, until another is chosen",
  `${single}?backend=wasm`,
  async (page) => {
    await live(page, "wasm");
    const end = async (): Promise<void> => {
      const workers = page.workers();
      await workers.at(-1)?.evaluate(() => {
        setTimeout(() => {
          throw new Error("out of memory");
        }, 0);
      });
    };
    const before = await metric(page);
    await end();
    assert.match(await alert(page), /^The worker ended \(.*out of memory.*\)\. It is started anew\.$/);
    await live(page, "wasm");
    assert.equal(await metric(page), before);
    await run(page);
    await page.locator("[role=alert]").waitFor({ state: "detached" });
    await live(page, "wasm");
    // A prompt that ends it each time: there is no end of starting it otherwise.
    await page.evaluate(() => {
      const postMessage = Reflect.get(Worker.prototype, "postMessage") as (message: object) => void;
      Worker.prototype.postMessage = function (
        this: Worker,
        message: { readonly op?: string },
        ...rest: never[]
      ) {
        if (message.op === "look")
          setTimeout(() => this.dispatchEvent(new ErrorEvent("error", { message: "out of memory" })), 50);
        else Reflect.apply(postMessage, this, [message, ...rest]);
      } as never;
    });
    await run(page);
    await page.waitForFunction(
      () => /It has ended twice/.test(document.querySelector("[role=alert]")?.textContent ?? ""),
      undefined,
      { timeout: 30_000 },
    );
    assert.is(await status(page), "nothing computes");
    assert.is(await page.locator("#panel hookdict-view").count(), 1);
    await run(page);
    assert.match(
      await alert(page),
      /It has ended twice: choose another backend or model, or shorter prompts\.$/,
    );
    await page.waitForTimeout(200);
    assert.is(await status(page), "nothing computes");
  },
);

inChromium(
  "a worker that never answers, and one that cannot be read, are told of; what was recorded stays",
  (port) => `http://127.0.0.1:${port}/?backend=wasm`,
  async (page) => {
    await live(page, "wasm");
    for (const [body, told] of [
      ["", /^No backend started: cpu: it did not answer within 10 s\. What is shown was recorded/],
      [
        "syntax error",
        /^No backend started: cpu: The worker ended \(.*SyntaxError.*\)\. What is shown was recorded/,
      ],
    ] as const) {
      await page.route("**/worker.js", (route) => route.fulfill({ contentType: "text/javascript", body }));
      await page.goto(page.url().replace("backend=wasm", "backend=cpu"));
      const words = await alert(page);
      assert.ok(told.test(words), words);
      assert.is(await status(page), "nothing computes");
      assert.is(await page.locator("#panel hookdict-view").count(), 1);
      await page.unroute("**/worker.js");
    }
    await page.locator(".left select").selectOption("wasm");
    await live(page, "wasm");
  },
);

test.run();
