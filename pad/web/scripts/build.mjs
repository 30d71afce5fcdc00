// Bundles src/ into dist/, where pad/component.py reads it.
//
//   node scripts/build.mjs             write dist/
//   node scripts/build.mjs FOLDER      write FOLDER instead
//
// sketchpad.js is the page's script, recognizer.js the worker that runs models in the browser, and
// onnxruntime.wasm.gz onnxruntime-web's WebAssembly, compressed because of its size. manifest.json
// has digests of the sources and of these, by which tests/pad/test_web_bundle.py finds what is out
// of date, without node.

import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync, gzipSync } from "node:zlib";
import * as esbuild from "esbuild";

const WEB = fileURLToPath(new URL("..", import.meta.url));
const WASM = "node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded.wasm";
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

const COMMON = {
  absWorkingDir: WEB,
  bundle: true,
  write: false,
  minify: true,
  target: "es2022",
  charset: "utf8",
  logLevel: "warning",
};
const NOTE = "// Made by `npm run build` from pad/web/src; not edited by hand.";

async function page() {
  const { outputFiles: [file] } = await esbuild.build({
    ...COMMON,
    entryPoints: ["src/main.ts"],
    format: "iife",
    legalComments: "none",
    // gr.HTML runs it as the body of a function that has these names as arguments
    globalName: "sketchpad",
    footer: { js: "sketchpad.start({ element, props, watch });" },
    banner: { js: NOTE },
  });
  return file.contents;
}

async function worker() {
  const { outputFiles: [file] } = await esbuild.build({
    ...COMMON,
    entryPoints: ["src/recognition/local/worker.ts"],
    format: "esm",
    legalComments: "inline", // onnxruntime-web's licence
    banner: { js: NOTE },
  });
  return file.contents;
}

/** The compressed WebAssembly; kept as it is if it is that already, as zlib's versions differ. */
async function wasm(kept) {
  const contents = await readFile(path.join(WEB, WASM));
  const compressed = await readFile(kept).catch(() => null);
  if (compressed && gunzipSync(compressed).equals(contents)) return compressed;
  return gzipSync(contents, { level: 9 });
}

const folder = path.resolve(process.argv[2] ?? path.join(WEB, "dist"));
const files = {
  "onnxruntime.wasm.gz": await wasm(path.join(WEB, "dist/onnxruntime.wasm.gz")),
  "recognizer.js": await worker(),
  "sketchpad.js": await page(),
};
const manifest = {
  sources: await digestOfSources(),
  files: Object.fromEntries(Object.entries(files).map(([name, data]) => [name, sha256(data)])),
};
await mkdir(folder, { recursive: true });
for (const [name, data] of Object.entries(files)) await writeFile(path.join(folder, name), data);
await writeFile(path.join(folder, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
for (const [name, { length }] of Object.entries(files)) {
  console.log(`${name}: ${(length / 1024).toFixed(1)} KiB`);
}
