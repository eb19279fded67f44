import type { Tokens } from "@hookdict/viz";
import { assert } from "../gate/suite.ts";
import { alert, byClicks, inChromium, live, metric, picture, single, test } from "./explorer.ts";

// Changes and captures as plain data: of what is selected, typed, or refused.

inChromium(
  "a position is set to zero, and any spec is applied; what a spec has wrong is told in words",
  `${single}?backend=wasm`,
  async (page) => {
    await live(page, "wasm");
    for (const which of ["first", "last"] as const) {
      await page.locator("#panel hookdict-view [role=grid]")[which]().focus();
      await page.keyboard.press("End");
      await page.keyboard.press("Enter");
    }
    await page.getByRole("button", { name: /^zero layer \d, position \d+$/ }).click();
    await page.waitForFunction(() => document.querySelectorAll(".right ol li").length === 1);
    await live(page, "wasm");
    assert.match(await page.locator(".right ol").innerText(), /zero blocks\.\d\.hook_resid_pre at \d+/);
    assert.is.not((await metric(page))["corrupt, after"], "−8.95");
    await page.getByRole("button", { name: "remove" }).click();
    await page.waitForFunction(() => document.querySelector(".metric")?.textContent?.endsWith("−8.95"));

    const kept = page.locator("#panel hookdict-view").first();
    await kept.evaluate((element) => element.setAttribute("data-kept", "yes"));
    await page.locator("summary", { hasText: "apply a HookSpec" }).click();
    const text = page.getByLabel("captures and interventions, as JSON");
    const apply = page.getByRole("button", { name: "apply" });
    for (const [wrong, told] of [
      ["{", /no JSON/],
      ["{}", /neither captures nor changes anything/],
      ['{"interventions": [{"kind": "melt", "at": "blocks.0.hook_resid_pre"}]}', /melt/],
      ['{"interventions": [{"kind": "zero", "at": "blocks.9.hook_resid_pre"}]}', /blocks\.9\.hook_resid_pre/],
      [
        '{"captures": [{"at": "**.hook_z", "direction": "bwd"}]}',
        /"bwd" at \*\*\.hook_z: runs here go forward/,
      ],
    ] as const) {
      await text.fill(wrong);
      await apply.click();
      assert.match(await alert(page), told);
      assert.is(await page.locator(".right ol li").count(), 0);
    }
    await text.fill(
      '{"captures": [{"at": "blocks.*.hook_resid_post"}, {"at": "blocks.0.attn.hook_z"}], "interventions": [{"kind": "scale", "at": "blocks.1.hook_mlp_out", "factor": 3}]}',
    );
    await apply.click();
    await page.waitForFunction(() => document.querySelectorAll(".right ol li").length === 1);
    await live(page, "wasm");
    assert.is(await page.locator("[role=alert]").count(), 0);
    assert.is(await kept.getAttribute("data-kept"), "yes"); // what comes and goes above it leaves it alone
    await byClicks(page, [["tab", "tokens"]]);
    const captured = await picture(page, 1);
    assert.match(
      captured.caption ?? "",
      /Not drawn, as they have no number or vector a token: blocks\.0\.attn\.hook_z \[1, 15, 4, \d+\]/,
    );
    const [block] = captured.blocks as [Tokens];
    assert.equal(
      block.channels.map(({ name }) => name),
      [0, 1, 2, 3].map((layer) => `norm of blocks.${layer}.hook_resid_post`),
    );

    await byClicks(page, [["tab", "sites"]]);
    await page.getByLabel("glob").fill("blocks.2.hook_mlp_out");
    await page.locator("#panel hookdict-view [role=grid]").press("End");
    await page.keyboard.press("Enter");
    await byClicks(page, [["button", "capture blocks.2.hook_mlp_out"]]);
    await page.waitForFunction(() => document.querySelectorAll(".right ol li").length === 2);
    await live(page, "wasm");
    await byClicks(page, [["tab", "tokens"]]);
    const [both] = (await picture(page, 1)).blocks as [Tokens];
    assert.is(both.channels.at(-1)?.name, "norm of blocks.2.hook_mlp_out");
  },
);

test.run();
