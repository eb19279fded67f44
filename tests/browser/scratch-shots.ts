// @ts-nocheck
import { writeFileSync } from "node:fs";
import { chromium as driver } from "playwright-core";
const url = process.argv[2]; const prefix = process.argv[3];
const browser = await driver.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
for (const [w, scheme] of [[1160, "light"], [400, "light"], [1160, "dark"], [400, "dark"]]) {
  const c = await browser.newContext({ viewport: { width: w, height: 900 }, colorScheme: scheme });
  const p = await c.newPage();
  p.on("console", (m) => console.log("CONSOLE", m.text())); p.on("pageerror", (e) => console.log("ERR", String(e))); p.on("request", (r) => console.log("REQ", r.url().slice(0, 80)));
  await p.goto(url); await p.locator("hookdict-view h2").first().waitFor(); await p.waitForTimeout(500);
  writeFileSync(`${prefix}-${w}-${scheme}.png`, await p.screenshot({ fullPage: true, clip: { x: 0, y: Number(process.argv[4] ?? 0), width: w, height: Number(process.argv[5] ?? 1200) } }));
  console.log(w, scheme, await p.evaluate(() => ({ over: document.documentElement.scrollWidth - innerWidth, tabs: [...document.querySelectorAll("hookdict-view")].map((v) => v.shadowRoot.querySelectorAll("[tabindex='0']").length), styles: document.querySelectorAll("[style]").length, height: document.documentElement.scrollHeight })));
  await c.close();
}
await browser.close();
