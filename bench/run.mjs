// `npm run bench [-- NAME...] [--large] [--rounds N] [--threads N]`: runs all benches, or those named. See README.md.
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { parseArgs } from 'node:util';

/** In the order they run. */
const names = ['start-up', 'metrics', 'kernels', 'formats', 'knn-exact', 'baselines', 'infomap', 'vegcn', 'lgcn'];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    large: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '5' },
    threads: { type: 'string', default: String(Math.min(2, availableParallelism())) },
  },
});
const options = { large: values.large, rounds: count('rounds'), threads: count('threads') };
const unknown = positionals.filter((name) => !names.includes(name));
if (unknown.length > 0) fail(`no bench is called ${unknown.join(', ')}; there are ${names.join(', ')}`);

const gibibytes = (totalmem() / 2 ** 30).toFixed(0);
console.log(`${cpus()[0]?.model ?? 'cpu'}, ${cpus().length} cores, ${gibibytes} GiB, Node ${process.versions.node}`);
for (const name of names) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  const before = loadavg()[0].toFixed(1);
  const { bench } = await import(`./benches/${name}.mjs`);
  await bench(options);
  console.log(`  load ${before} before, ${loadavg()[0].toFixed(1)} after`);
}

function count(name) {
  const number = Number(values[name]);
  if (!Number.isInteger(number) || number < 1) fail(`--${name} ${values[name]}: give a whole number of 1 or more`);
  return number;
}

function fail(message) {
  console.error(`bench: ${message}`);
  process.exit(2);
}
