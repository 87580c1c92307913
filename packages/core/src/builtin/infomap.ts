import { toLabels, type Labels } from '../data/labels.js';
import type { Proposals } from '../data/proposals.js';
import type { Scores } from '../data/scores.js';
import { findCopies, linksOfNodes, type ScoredLinks } from '../graph/copies.js';
import type { FallingRows } from '../graph/falling-rows.js';
import type { FlowNetwork } from '../graph/infomap/flow-network.js';
import { infomapTrials } from '../graph/infomap/trials.js';
import { nearOrder } from '../graph/near-order.js';
import { betweenSteps } from '../stages/between-steps.js';
import { defineStage, type OptionsSchema } from '../stages/define-stage.js';
import type { Deoverlapper } from '../stages/interfaces.js';
import type { Services } from '../stages/services.js';
import { reportThreshold, thresholdOption, warnIfNoLink, type Threshold } from '../stages/threshold-option.js';
import { expectEdges } from './expect-proposals.js';
import { networkOfEdges, networkOfRows, rowsOfEdges, type NetworkOptions } from './infomap-network.js';
import { stableInfomap } from './infomap-sweep.js';

export interface InfomapStageOptions extends NetworkOptions {
  threshold: Threshold;
  directed: boolean;
  weight: 'score' | 'excess';
  pool: 'max' | 'sum';
  trials: number;
  seed: number;
}

const options: OptionsSchema<InfomapStageOptions> = {
  type: 'object',
  additionalProperties: false,
  properties: {
    threshold: thresholdOption(
      'Links scoring below are cut. Without a scorer the score of a link is its cosine similarity.',
      'auto',
    ),
    directed: {
      type: 'boolean',
      default: false,
      description: 'Whether the walker follows links only as they point, from an instance to its neighbours.',
    },
    weight: {
      type: 'string',
      enum: ['score', 'excess'],
      default: 'excess',
      description:
        'What a link weighs: its score, or by how much the score exceeds the threshold. Scores that are not positive weigh nothing.',
    },
    pool: {
      type: 'string',
      enum: ['max', 'sum'],
      default: 'max',
      description:
        'The score of a pair that both instances list, where the walker follows links both ways: the larger, or both added up.',
    },
    trials: {
      type: 'integer',
      minimum: 1,
      maximum: 1000,
      default: 1,
      description: 'Runs from other random orders, of which the one of the shortest code is taken.',
    },
    seed: { type: 'integer', minimum: 0, default: 1, description: 'Of the orders in which instances are visited.' },
  },
  required: ['threshold', 'directed', 'weight', 'pool', 'trials', 'seed'],
};

class Infomap implements Deoverlapper {
  constructor(
    private readonly options: InfomapStageOptions,
    private readonly services: Services,
  ) {}

  async deoverlap(proposals: Proposals, scores: Scores): Promise<Labels> {
    const edges = expectEdges(proposals, 'infomap');
    const { seed, trials, threshold: given } = this.options;
    const { compute, log, progress, signal } = this.services;
    // copies are bound to each other more than to anybody, and stable at every threshold: taken as one, they decide nothing
    const copies = findCopies(edges, edges.similarities);
    const links = copies ? linksOfNodes(edges, scores.proposals, copies) : { ...edges, scores: scores.proposals };
    if (copies !== undefined) this.services.record('copies', edges.n - copies.count);
    if (given !== 'auto') warnIfNoLink(given, scores.proposals, log);
    const { network, numbers } = await this.networkOf(links, copies !== undefined);
    const { modules, count, codeLength } = await infomapTrials(network, {
      seed,
      trials,
      threads: compute.threads,
      betweenPasses: () => signal.throwIfAborted(),
      onTrial: (done) => progress.update(done, trials, 'trials'),
    });
    this.services.record('codeLength', Number(codeLength.toFixed(6)));
    this.services.record('modules', count);
    const ofNodes = numbers ? numbers.map((number) => modules[number]) : modules;
    return toLabels(copies ? copies.nodeOf.map((node) => ofNodes[node]) : ofNodes);
  }

  /** The network at the threshold that is given, or found, and where it has other numbers for nodes, these. */
  private async networkOf(
    links: ScoredLinks,
    hasCopies: boolean,
  ): Promise<{ network: FlowNetwork; numbers?: Int32Array }> {
    const { directed, weight, pool, threshold: given } = this.options;
    const directedAt = (threshold: number): FlowNetwork => networkOfEdges(links, links.scores, this.options)(threshold);
    if (directed && given !== 'auto') return { network: directedAt(given) };
    const numbers = nearOrder(links);
    const rows = rowsOfEdges(links, links.scores, pool, numbers);
    const threshold = given === 'auto' ? await this.choose(rows, links.scores, hasCopies) : given;
    return directed ? { network: directedAt(threshold) } : { network: networkOfRows(rows, weight)(threshold), numbers };
  }

  private async choose(rows: FallingRows, scores: Float32Array, hasCopies: boolean): Promise<number> {
    const { weight, seed } = this.options;
    const { threads } = this.services.compute;
    const found = await stableInfomap(scores, {
      rows,
      weight,
      seed,
      threads,
      onPoint: betweenSteps(this.services, 'thresholds'),
    });
    // copies of each other are together at every threshold: where there is nothing else none was chosen, and none is missing
    if (scores.length > 0 || !hasCopies) reportThreshold('threshold', found, this.services);
    return found.threshold;
  }
}

export const infomapStage = defineStage({
  kind: 'deoverlapper',
  type: 'infomap',
  proposals: 'edges',
  summary: 'Makes clusters of the links among which a random walker stays longest: the map equation.',
  cost: 'some tens of passes, each O(n + m) time, 28 bytes a link; an automatic threshold takes some 30 shorter runs, on two threads',
  reference:
    'Rosvall & Bergstrom, Maps of random walks on complex networks reveal community structure, PNAS 2008; Rosvall, Axelsson & Bergstrom, The map equation, 2009',
  options,
  create: (filled: InfomapStageOptions, services: Services) => new Infomap(filled, services),
});
