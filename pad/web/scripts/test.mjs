// Runs tests/*.test.ts with node's own test runner. Node 20 cannot run TypeScript, so they are
// bundled first.

import { spawnSync } from "node:child_process";
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

const web = fileURLToPath(new URL("..", import.meta.url));
const folder = path.join(web, "node_modules/.cache/tests");
const names = readdirSync(path.join(web, "tests")).filter((name) => name.endsWith(".test.ts"));

rmSync(folder, { recursive: true, force: true });
await esbuild.build({
  absWorkingDir: web,
  entryPoints: names.map((name) => `tests/${name}`),
  outdir: folder,
  outExtension: { ".js": ".mjs" },
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  sourcemap: "inline",
});
// one process for all of them: one for each file takes most of the time
const all = path.join(folder, "all.mjs");
const suites = names.map((name) =>
  `describe("${name}", async () => { await import("./${name.replace(/\.ts$/, ".mjs")}"); });\n`);
writeFileSync(all, `import { describe } from "node:test";\n${suites.join("")}`);
const options = ["--enable-source-maps", "--test"];
const limits = { stdio: "inherit", timeout: 120_000 };
process.exit(spawnSync(process.execPath, [...options, all], limits).status ?? 1);
