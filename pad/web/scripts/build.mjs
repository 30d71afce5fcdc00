// Bundles src/ into dist/, where pad/component.py reads it.
//
//   node scripts/build.mjs             write dist/
//   node scripts/build.mjs FOLDER      write FOLDER instead
//
// Beside the bundle it writes manifest.json: digests of the sources and of the bundle, by which
// tests/pad/test_web_bundle.py finds a bundle that is out of date, without node.

import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

const WEB = fileURLToPath(new URL("..", import.meta.url));
const CONFIGURATION = ["package-lock.json", "package.json", "scripts/build.mjs", "tsconfig.json"];

/** Files that the bundle depends on, relative to pad/web, in the order of their names. */
async function sourceFiles() {
  const found = await readdir(path.join(WEB, "src"), { recursive: true, withFileTypes: true });
  const sources = found
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(WEB, path.join(entry.parentPath ?? entry.path, entry.name)))
    .map((name) => name.split(path.sep).join("/"));
  return [...CONFIGURATION, ...sources].sort();
}

const sha256 = (data) => createHash("sha256").update(data).digest("hex");

async function digestOfSources() {
  const lines = await Promise.all((await sourceFiles()).map(async (name) =>
    `${sha256(await readFile(path.join(WEB, name)))}  ${name}\n`));
  return sha256(lines.join(""));
}

async function bundle() {
  const { outputFiles: [file] } = await esbuild.build({
    absWorkingDir: WEB,
    entryPoints: ["src/main.ts"],
    bundle: true,
    write: false,
    minify: true,
    format: "iife",
    target: "es2022",
    charset: "utf8",
    legalComments: "none",
    // gr.HTML runs it as the body of a function that has these names as arguments
    globalName: "sketchpad",
    footer: { js: "sketchpad.start({ element, props, server, watch });" },
    banner: { js: "// Made by `npm run build` from pad/web/src; not edited by hand." },
    logLevel: "warning",
  });
  return file.contents;
}

const folder = path.resolve(process.argv[2] ?? path.join(WEB, "dist"));
const contents = await bundle();
const manifest = {
  sources: await digestOfSources(),
  files: { "sketchpad.js": sha256(contents) },
};
await mkdir(folder, { recursive: true });
await writeFile(path.join(folder, "sketchpad.js"), contents);
await writeFile(path.join(folder, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
console.log(`sketchpad.js: ${(contents.length / 1024).toFixed(1)} KiB`);
