#!/usr/bin/env node
import { runCommandLine } from "./cli/command-line.node.ts";

process.exitCode = await runCommandLine(process.argv.slice(2), process.stdout, process.stderr);
