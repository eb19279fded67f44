import { mkdir, writeFile } from "node:fs/promises";
import { dirname, relative } from "node:path";
import { loadBackend } from "@hookdict/backends";
import { GPT2 } from "@hookdict/models";
import { callersFolder, parseArguments, USAGE } from "./args.ts";
import { runExperiment } from "./experiment.ts";
import { heatMaps } from "./maps.ts";
import { renderPage } from "./page.ts";
import { drawMap, ProgressBar, wantsColours } from "./terminal.ts";

async function main(): Promise<void> {
  const args = parseArguments(process.argv.slice(2));
  if (args.help) return console.log(USAGE);
  await mkdir(dirname(args.out), { recursive: true }); // first, so that nothing is computed in vain
  const backend = await loadBackend(args.backend === undefined ? {} : { backend: args.backend });
  using model = await GPT2.fromPretrained(args.model);
  const { nLayers, nHeads, dModel } = model.config;
  console.log(
    `${args.model.split(/[/\\]/).at(-1)}: ${nLayers} layers, ${nHeads} heads, ${dModel} wide, on ${backend.name}\n`,
  );

  const bar = new ProgressBar(process.stderr, "patching");
  const findings = runExperiment(model, args, (done, total) => bar.show(done, total));

  const line = (name: string, text: string, prediction: string, metric: number): string =>
    `${name.padEnd(8)} ${text} → ${prediction}   logit of ${args.answer} − ${args.wrong}: ${metric.toFixed(2)}`;
  console.log(line("clean", args.clean, findings.cleanPrediction, findings.cleanMetric));
  console.log(line("corrupt", args.corrupt, findings.corruptPrediction, findings.corruptMetric));
  const colours = wantsColours(process.stdout, process.env);
  for (const map of heatMaps(findings)) console.log(`\n${drawMap(map, colours)}`);

  await writeFile(args.out, renderPage(findings));
  console.log(`\nHeat maps: ${relative(callersFolder, args.out)}`);
}

try {
  await main();
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  console.error(`ioi-patching: ${message.replaceAll("\n", " ")}`);
  process.exitCode = 1;
}
