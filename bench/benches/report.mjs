// How long report.html takes to open in a headless Chromium: from navigating until it says that it is ready, and until a cluster is open.
// Pages of planted clusters, with names and identities, as large as the 584,013 faces and some 9,000 clusters of MS1M's part 1.
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { fitInto } from '../../packages/core/dist/report/html/fit-into.js';
import { forestPlaces } from '../../packages/core/dist/report/html/forest-places.js';
import { packIntegers, packReals, packText } from '../../packages/core/dist/report/html/pack.js';
import { writeReportPage } from '../../packages/core/dist/report/html/page-file.js';
import { sizeCounts } from '../../packages/core/dist/report/html/size-counts.js';

export async function bench({ rounds, sizes = [584_013] }) {
  const executablePath = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'chromium')).find((path) => existsSync(path)); // prettier-ignore
  if (executablePath === undefined) {
    console.log('\nreport: skipped, there is no chromium on the path');
    return;
  }
  console.log('\nreport.html in Chromium, seconds (median of rounds)');
  const folder = mkdtempSync(join(tmpdir(), 'l2c-bench-report-'));
  try {
    for (const n of sizes) {
      const data = fitInto(planted(n));
      const path = await writeReportPage(folder, { data, thumbnails: [] });
      const times = [];
      for (let round = 0; round < rounds; round++) times.push(await opened(executablePath, path));
      const median = (name) => times.map((time) => time[name]).sort((a, b) => a - b)[rounds >> 1] / 1000;
      const megabytes = (statSync(path).size / 1e6).toFixed(1);
      console.log(
        `  ${n} faces, ${megabytes} MB: opens in ${median('ready').toFixed(2)}, then a cluster in ${median('cluster').toFixed(2)}${data.notes.map((note) => `; ${note}`).join('')}`,
      );
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Of a browser that has just started, as for who opens the file. */
async function opened(executablePath, path) {
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  try {
    const page = await browser.newPage();
    await page.goto('about:blank');
    const start = performance.now();
    await page.goto(pathToFileURL(path).href, { waitUntil: 'commit' });
    await page.waitForSelector('html[data-ready]');
    const ready = performance.now();
    await page.locator('#clusters tbody th button').first().click();
    await page.waitForSelector('dialog .faces .face');
    return { ready: ready - start, cluster: performance.now() - ready };
  } finally {
    await browser.close();
  }
}

/** A run's data: sizes of clusters fall off as those of identities do, links are a tree of each cluster. */
function planted(n) {
  const random = generator(1);
  const labels = new Int32Array(n);
  const clusterSizes = [];
  for (let i = 0; i < n;) {
    const size = Math.min(n - i, Math.max(1, Math.round(65 * -Math.log(1 - random()))));
    labels.fill(clusterSizes.length, i, i + size);
    clusterSizes.push(size);
    i += size;
  }
  shuffle(labels, random);
  const first = new Int32Array(clusterSizes.length).fill(-1);
  labels.forEach((cluster, i) => (first[cluster] = first[cluster] === -1 ? i : first[cluster]));
  const reals = (low, high, length = n) => Float32Array.from({ length }, () => low + (high - low) * random());
  const integers = (most, length = n) => Int32Array.from({ length }, () => Math.floor(most * random()));
  const sizes = Int32Array.from(clusterSizes);
  const listed = Int32Array.from(sizes.keys()).filter((cluster) => sizes[cluster] > 1);
  const { length } = listed;
  const last = first.slice();
  // each face hangs on one of its cluster that came before
  const parents = labels.map((cluster, i) => {
    const parent = last[cluster];
    if (random() < 0.5) last[cluster] = i;
    return parent === i ? -1 : parent;
  });
  const { places, bridges } = forestPlaces(parents, labels, sizes);
  const edges = Array.from({ length: 200 }, (_, i) => i);
  return {
    l2c: '0.0.0',
    title: 'bench/report',
    instances: n,
    comparison: {
      columns: ['bcubed f'],
      rows: [{ name: 'planted', cells: [{ value: 0.9, text: '90.00', best: false }] }],
    },
    failed: [],
    agreement: [],
    notes: [],
    truth: packIntegers(labels),
    ids: packText(Array.from({ length: n }, (_, i) => `person ${labels[i]}/face ${i}.jpg`)),
    pipelines: [
      {
        name: 'planted',
        stages: [
          {
            round: 1,
            kind: 'deoverlapper',
            stage: 'core/infomap',
            options: {},
            seconds: 1,
            peakBytes: 1e9,
            cached: false,
            counts: { clusters: sizes.length },
            facts: {},
          },
        ],
        sizes: { predicted: sizeCounts(sizes), truth: sizeCounts(sizes) },
        similarities: { low: 0, high: 1, own: Array(60).fill(1 / 60), other: Array(60).fill(1 / 60), astray: 0 },
        clusters: {
          ids: packIntegers(listed),
          sizes: packIntegers(listed.map((cluster) => sizes[cluster])),
          similarities: packReals(reals(0.4, 0.9, length), 0.001),
          nearest: packIntegers(integers(sizes.length, length)),
          nearestSimilarities: packReals(reals(0.1, 0.5, length), 0.001),
          identities: packIntegers(listed),
          purities: packReals(reals(0.9, 1, length), 0.001),
          missed: packIntegers(integers(5, length)),
        },
        splits: edges.map((i) => ({
          cluster: i,
          size: sizes[i],
          link: [i, i + 1],
          score: 0.5,
          parts: [2, 3],
          inside: 0.7,
          across: 0.4,
        })),
        close: edges.map((i) => ({
          clusters: [i, i + 1],
          sizes: [sizes[i], sizes[i + 1]],
          similarity: 0.5,
          ratio: 0.9,
          links: 3,
          strongest: { link: [i, i + 1], score: 0.5 },
        })),
        labels: packIntegers(labels),
        fits: packReals(reals(0.5, 1), 0.01),
        forest: {
          places: packIntegers(places),
          bridges: packIntegers(bridges),
          scores: packReals(reals(0.5, 1), 0.001),
        },
        decisions: {
          ranks: { k: 80, forth: packIntegers(integers(12)), back: packIntegers(integers(12)) },
          ways: packIntegers(integers(4)),
        },
      },
    ],
  };
}

/** Mulberry32, by Tommy Ettinger. */
function generator(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

function shuffle(list, random) {
  for (let i = list.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [list[i], list[j]] = [list[j], list[i]];
  }
}
