import { mkdir, writeFile } from "node:fs/promises";
import { dirname, relative } from "node:path";
import { loadBackend } from "@hookdict/backends";
import { Transformer } from "@hookdict/models";
import { page, Picture } from "@hookdict/viz";
import { callersFolder, isBundled, parseArguments, USAGE } from "./args.ts";
import { runExperiment } from "./experiment.ts";
import { circuitPictures, inWords, pictures, portrait, promptPictures } from "./pictures.ts";
import { loadDecoder } from "./prompts.ts";
import { story } from "./story.ts";
import { ProgressBar } from "./terminal.ts";

async function main(): Promise<void> {
  const args = parseArguments(process.argv.slice(2));
  if (args.help) return console.log(USAGE);
  await mkdir(dirname(args.out), { recursive: true }); // first, so that nothing is computed in vain
  const backend = await loadBackend(args.backend === undefined ? {} : { backend: args.backend });
  using model = await loadDecoder(args.model);
  const { modelType, dModel } = model.config;
  const name = isBundled(args.model) ? "ioi-tiny" : (args.model.split(/[/\\]/).at(-1) ?? "");
  const heads =
    model instanceof Transformer ? `, ${model.config.blocks[0]?.attention.nHeads ?? 0} heads` : "";
  console.log(
    `${name}: a ${modelType} of ${model.blocks.length} layers${heads}, ${dModel} wide, on ${backend.name}\n`,
  );

  const bar = new ProgressBar(process.stderr, "patching");
  const findings = runExperiment(model, args, (done, total) => bar.show(done, total));
  console.log(story(findings).join("\n"));

  const origin = { model: name, date: new Date().toISOString().slice(0, 10) };
  const found = pictures(findings, origin);
  // What was measured; what gradients estimate of it is on the page, beside it.
  for (const picture of found.filter((_, i) => i % 2 === 0))
    console.log(`\n${new Picture(picture).toText()}`);

  const all = [
    ...promptPictures(findings, origin),
    ...found,
    ...(await portrait(model, args, origin)),
    ...circuitPictures(findings, origin),
  ];
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
