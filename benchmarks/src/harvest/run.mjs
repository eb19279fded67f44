import { harvest, openPlan } from "@hookdict/harvest";

// Computes a harvest, in a process as its user starts it, and writes how many milliseconds that took: ACTS RECIPE PROCESSES.

const [acts = "", recipe = "", processes] = process.argv.slice(2);
const plan = await openPlan(acts, { recipe });
const start = performance.now();
await harvest(plan, { processes: Number(processes) });
console.log(performance.now() - start);
