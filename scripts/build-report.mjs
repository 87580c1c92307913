// Bundles the program and the style of report.html into packages/core/dist/report-page, from where reports take them. A tenth
// of a second, so it is made anew with every build.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const core = join(dirname(fileURLToPath(import.meta.url)), '..', 'packages', 'core');
const page = join(core, 'src', 'report', 'html', 'page');

const uplot = dirname(createRequire(join(core, 'package.json')).resolve('uplot/package.json'));

export async function buildReport() {
  const licence = (await readFile(join(uplot, 'LICENSE'), 'utf8')).trim();
  await build({
    entryPoints: ['main.ts', 'style.css'].map((name) => join(page, name)),
    outdir: join(core, 'dist', 'report-page'),
    bundle: true,
    minify: true,
    format: 'iife',
    target: ['chrome111', 'firefox113', 'safari16.4'],
    charset: 'utf8',
    banner: { js: `/*! Holds uPlot.\n${licence}\n*/` },
    tsconfigRaw: {},
    logLevel: 'warning',
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildReport();
