#!/usr/bin/env node
import { runCommandLine } from "./native/command-line.node.ts";

const { code, output, problems } = await runCommandLine(process.argv.slice(2));
if (output !== "") process.stdout.write(`${output}\n`);
if (problems !== "") process.stderr.write(`${problems}\n`);
process.exitCode = code;
