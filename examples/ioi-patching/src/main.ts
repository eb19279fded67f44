import { mkdir, writeFile } from "node:fs/promises";
import { dirname, relative } from "node:path";
import { loadBackend } from "@hookdict/backends";
import { GPT2 } from "@hookdict/models";
import { page, Picture } from "@hookdict/viz";
import { callersFolder, parseArguments, USAGE } from "./args.ts";
import { runExperiment } from "./experiment.ts";
import { inWords, pictures, portrait, promptPictures } from "./pictures.ts";
import { ProgressBar } from "./terminal.ts";

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
  console.log(`\n${inWords(findings)}`);
  const origin = {
    model: args.model.split(/[/\\]/).at(-1) ?? "",
    date: new Date().toISOString().slice(0, 10),
  };
  const found = pictures(findings, origin);
  for (const picture of found) console.log(`\n${new Picture(picture).toText()}`);

  const all = [...promptPictures(findings), ...found, ...(await portrait(model, args, origin))];
  const title = `Activation patching: ${args.answer} or ${args.wrong}?`;
  await writeFile(args.out, await page(all, { title, lead: inWords(findings), columns: 2 }));
  console.log(`\nPictures: ${relative(callersFolder, args.out)}`);
}

try {
  await main();
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  console.error(`ioi-patching: ${message.replaceAll("\n", " ")}`);
  process.exitCode = 1;
}
