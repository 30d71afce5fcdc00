// Runs tests/equality/read_drawings.ts, bundled, with the argument given: see there.

import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import * as esbuild from "esbuild";

const web = fileURLToPath(new URL("..", import.meta.url));
const outfile = path.join(web, "node_modules/.cache/equality", `${process.pid}.mjs`);
await esbuild.build({
  absWorkingDir: web,
  entryPoints: ["tests/equality/read_drawings.ts"],
  outfile,
  bundle: true,
  platform: "node",
  // the package's build for browsers, as in the worker
  conditions: ["import"],
  mainFields: ["module", "main"],
  format: "esm",
  target: "node20",
});
await import(pathToFileURL(outfile));
