import { harvest, openPlan } from "@hookdict/harvest";

// How much more memory a harvest takes than one of a row, in shards: SMALL LARGE RECIPE.

const [small = "", large = "", recipe = ""] = process.argv.slice(2);
const peak = () => process.resourceUsage().maxRSS * 1024;
await harvest(await openPlan(small, { recipe }), { processes: 0 });
const before = peak();
const { bytes, items } = await harvest(await openPlan(large, { recipe }), { processes: 0 });
console.log((peak() - before) / (bytes / items));
