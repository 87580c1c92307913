import { expect } from 'chai';
import { stableComponents } from '../../src/builtin/connected-components.js';
import { createRandom } from '../../src/stages/random.js';
import { repeatThresholds, reportThreshold, warnIfNoLink } from '../../src/stages/threshold-option.js';
import type { Log } from '../../src/stages/services.js';
import { toEdgeProposals } from '../../src/testing/tiny-faces.js';

function collect(): { lines: string[]; log: Log } {
  const lines: string[] = [];
  const log: Log = {
    debug: () => undefined,
    info: (message) => void lines.push(message),
    warn: (message) => void lines.push(`warning: ${message}`),
  };
  return { lines, log };
}

/** Fifteen groups of five whose links score .7 to .9; links to the next group score around `between`, or are not there. */
function groups(between?: number): ReturnType<typeof toEdgeProposals> {
  const random = createRandom(5);
  const [count, size] = [15, 5];
  const links: [number, number, number][] = [];
  for (let i = 0; i < count * size; i++) {
    const start = i - (i % size);
    for (let j = start; j < start + size; j++) if (j !== i) links.push([i, j, 0.7 + 0.2 * random.next()]);
    const other = (start + size + random.integer(size)) % (count * size);
    if (between !== undefined) links.push([i, other, between + 0.2 * random.next()]);
  }
  return toEdgeProposals(
    count * size,
    links.sort((a, b) => a[0] - b[0] || b[2] - a[2]),
  );
}

describe('an automatic threshold', () => {
  const report = (between?: number): { lines: string[]; fact: unknown } => {
    const edges = groups(between);
    const { lines, log } = collect();
    let fact: unknown;
    reportThreshold('threshold', stableComponents(edges, edges.similarities), { log, record: (_, given) => (fact = given) }); // prettier-ignore
    return { lines, fact };
  };

  it('is said, with how sure it is; without doubt where weaker links show what a lower one would join', () => {
    const { lines, fact } = report(0.1);
    expect(lines).to.have.length(1);
    expect(lines[0]).to.match(/^threshold chosen: 0\.\d+ \(100\.0 % stable, much the same from 0\.\d+ to 0\.\d+\)$/);
    expect(fact).to.have.property('doubt', undefined);
  });

  it('is doubted at the end of the range, where the links that would tell are left out', () => {
    const { lines, fact } = report();
    expect(lines[1]).to.match(/^warning: threshold: the choice lies at the end of the range, .*lower minSimilarity/);
    expect(fact).to.have.property('doubt').that.includes('end of the range');
  });

  it('is doubted where scores come in steps, as fractions of small numbers do', () => {
    const { similarities, ...edges } = groups(0.1);
    const steps = similarities.map((score) => Math.round(4 * score) / 4 + (score > 0.5 ? 0.1 : 0));
    const found = stableComponents({ ...edges, similarities: steps }, steps);
    expect(found.doubt).to.match(/^scores come in steps \(\d+ % of the links score exactly 0\.\d+\)/);
  });

  it('is not doubted for copies of a face, nor for links that are none', () => {
    const { similarities, ...edges } = groups(0.1);
    const scores = similarities.map((score, e) => (score > 0.5 && e % 9 === 0 ? 0.9999 : score < 0.5 && e % 2 === 0 ? -2 : score)); // prettier-ignore
    expect(stableComponents({ ...edges, similarities: scores }, scores).doubt).to.equal(undefined);
  });

  it('tells how to go on where what is weaker was not tried', () => {
    const { lines, log } = collect();
    const edges = groups();
    const weaker = 'since none are tried; give a number';
    reportThreshold('threshold', stableComponents(edges, edges.similarities), { log, record: () => undefined }, { weaker }); // prettier-ignore
    expect(lines[1]).to.include(`the choice lies at the end of the range, ${weaker}`);
  });

  it('is doubted where only the best links are left', () => {
    const { lines, log } = collect();
    const curve = [0.7, 0.8, 0.9, 1].map((threshold, i) => ({
      threshold,
      stability: i === 3 ? undefined : 0.9,
      clusters: 10,
      largest: 0.5,
    }));
    reportThreshold('maxDistance', { threshold: 0.9, stability: 0.9, plateau: [0.9, 0.9], least: 0.7, curve, doubt: undefined }, { log, record: () => undefined }, { shown: (score) => 1 - score }); // prettier-ignore
    expect(lines[0]).to.equal('maxDistance chosen: 0.1 (90.0 % stable, much the same from 0.1 to 0.1)');
    expect(lines[1]).to.match(
      /^warning: maxDistance: the choice lies at the end of the range: only the very best links/,
    );
  });

  it('is repeated word for word from the facts beside a cached result', () => {
    const { lines: said, fact } = report();
    const { lines, log } = collect();
    repeatThresholds({ forced: 0, threshold: JSON.parse(JSON.stringify(fact)), note: { chosen: 3 }, none: null }, log);
    expect(lines).to.deep.equal(said);
  });
});

describe('a threshold given as a number', () => {
  const warned = (threshold: number, scores: readonly number[]): string[] => {
    const { lines, log } = collect();
    warnIfNoLink(threshold, Float32Array.from(scores), log);
    return lines;
  };

  it('is warned of where it leaves no link', () => {
    expect(warned(70, [0.25, 0.5, -0.5])).to.have.length(1);
    expect(warned(70, [0.25, 0.5, -0.5])[0]).to.match(
      /^warning: no link scores at least 70; the highest is 0\.5000.*auto$/,
    );
  });

  it('is not warned of where a link reaches it, or where there is none to reach it', () => {
    expect(warned(0.5, [0.25, 0.5])).to.deep.equal([]);
    expect(warned(0.5, [])).to.deep.equal([]);
  });
});
