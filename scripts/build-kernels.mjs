// Compiles the AssemblyScript kernels of @l2c/core into committed `*.wasm.ts` files, so that users need no toolchain.
// usage: node scripts/build-kernels.mjs [--check]    (--check: writes nothing, fails where a committed file differs)
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const folder = join(dirname(fileURLToPath(import.meta.url)), '../packages/core/src/compute/kernels');
const common = ['--enable', 'simd', '--runtime', 'stub', '--importMemory', '--noExportMemory', '--noAssert', '-O3'];
const shared = ['--enable', 'threads', '--sharedMemory', '--initialMemory', '1', '--maximumMemory', '65536'];
const kernels = {
  scan: { flags: common },
  topk: { flags: [...common, ...shared] },
  propagate: { flags: common },
  'propagate-shared': { source: 'propagate', flags: [...common, ...shared] },
};

async function compile(name, flags) {
  let binary;
  const baseDir = join(folder, 'assembly');
  const { error, stdout, stderr } = await asc.main(
    [`${name}.ts`, '--outFile', `${name}.wasm`, '--baseDir', baseDir, ...flags],
    {
      readFile: (path) => readFile(join(baseDir, path), 'utf8').catch(() => null),
      writeFile: (path, contents) => {
        binary = contents;
      },
      listFiles: () => [],
    },
  );
  if (error || binary === undefined) throw new Error(`${name}: ${stderr.toString() || stdout.toString() || error}`);
  return binary;
}

function moduleText(name, source, binary) {
  const lines = Buffer.from(binary)
    .toString('base64')
    .match(/.{1,100}/g);
  const constant = name.replace(/-(.)/g, (_, letter) => letter.toUpperCase());
  return `// Built from assembly/${source}.ts by scripts/build-kernels.mjs: do not edit.
export const ${constant}Wasm =
${lines.map((line) => `  '${line}'`).join(' +\n')};
`;
}

const check = process.argv.includes('--check');
let stale = 0;
for (const [name, { source = name, flags }] of Object.entries(kernels)) {
  const path = join(folder, `${name}.wasm.ts`);
  const text = moduleText(name, source, await compile(source, flags));
  if (!check) await writeFile(path, text);
  else if (text !== (await readFile(path, 'utf8').catch(() => ''))) {
    stale++;
    console.error(`${path} is not what assembly/${source}.ts compiles to; run node scripts/build-kernels.mjs`);
  }
}
if (check) console.log(stale === 0 ? 'kernels are up to date' : `${stale} kernels are stale`);
process.exitCode = stale === 0 ? 0 : 1;
