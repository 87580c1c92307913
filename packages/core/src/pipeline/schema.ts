import type { Registry } from '../plugins/registry.js';
import { stageKinds, type StageKind } from '../stages/interfaces.js';

/** What stands at the top of a file besides pipelines. Closed; defaults are filled from here. */
const head = {
  plugins: {
    type: 'array',
    items: { type: 'string', minLength: 1 },
    default: [],
    description: "Plugins by package name or ./path. Core's own stages are always there.",
  },
  data: {
    type: 'object',
    additionalProperties: false,
    required: ['features'],
    description: 'What to cluster.',
    properties: {
      features: {
        type: 'string',
        format: 'path',
        description: 'Embeddings: .bin (raw float32, needs dim), .npy, .npz, .csv or .parquet.',
      },
      dim: { type: 'integer', minimum: 1, description: 'Numbers per row of a .bin file.' },
      labels: {
        type: 'string',
        format: 'path',
        description: 'True identities, one integer a line, -1 = unknown. Only evaluation and training read them.',
      },
      ids: {
        type: 'string',
        format: 'path',
        description: 'A name of each face, a line each: the report, `l2c explain` and `l2c export` use it.',
      },
      images: {
        type: 'string',
        description:
          'The image of each face: a text with a path (relative to that text) or an address a line, or a path that holds `{id}` or `{row}`, such as `photos/{id}.jpg`.',
      },
      normalise: { type: 'boolean', default: true, description: 'Divide each row by its Euclidean norm.' },
      onInvalid: {
        type: 'string',
        enum: ['error', 'drop'],
        default: 'error',
        description: 'What to do with rows that hold NaN or Infinity or are all zero. Dropped rows get the label -1.',
      },
      storage: {
        type: 'string',
        enum: ['float32', 'float16'],
        default: 'float32',
        description:
          'How the features lie in memory. `float16` takes half as much; cosines are off by 0.00003 or so, and the search for neighbours takes a third longer.',
      },
      half: {
        type: 'string',
        enum: ['all', 'training', 'testing'],
        default: 'all',
        description:
          'Takes one half of the identities alone, as if the file held no other: training, to learn or choose on, or testing. The other rows get the label -1.',
      },
      seed: { type: 'integer', minimum: 0, default: 1, description: 'Decides which identity is in which half.' },
    },
  },
  compute: {
    type: 'object',
    additionalProperties: false,
    default: {},
    description: 'Which engine does the linear algebra.',
    properties: {
      engine: {
        type: 'string',
        enum: ['auto', 'onnxruntime', 'tfjs', 'plain'],
        default: 'auto',
        description: '`auto` takes the first that loads and works.',
      },
      device: {
        type: 'string',
        enum: ['auto', 'cpu', 'gpu'],
        default: 'auto',
        description:
          '`auto` takes a GPU where CUDA is installed; `gpu` tries all there may be, and warns where none works.',
      },
      threads: {
        type: 'integer',
        minimum: 0,
        maximum: 1024,
        default: 0,
        description: 'Threads of the engine; 0 takes all cores.',
      },
    },
  },
  evaluators: {
    type: 'array',
    default: ['pairwise', 'bcubed', 'nmi'],
    description: 'What the comparison table shows. A bare string is { type: ... }.',
  },
  tune: {
    type: 'object',
    additionalProperties: false,
    required: ['grid'],
    description: 'What `l2c tune` tries on labelled data; `l2c run` leaves it alone.',
    properties: {
      metric: {
        type: 'string',
        default: 'bcubed f',
        description: 'What is to be highest: a name that one of the evaluators gives.',
      },
      seed: { type: 'integer', minimum: 0, default: 1, description: 'Decides which identities are in which half.' },
      splits: {
        type: 'integer',
        minimum: 1,
        maximum: 100,
        default: 3,
        description: 'How often the identities are split into a half to tune on and a half to test on.',
      },
      grid: {
        type: 'object',
        minProperties: 1,
        additionalProperties: { type: 'array', minItems: 1 },
        description:
          'Values to try by path, as for --set: `deoverlapper.threshold: [0.5, 0.6]`. All combinations are run.',
      },
    },
  },
} as const;

export const roundKinds = ['knnBuilder', 'proposalGenerator', 'scorer', 'deoverlapper'] as const;

type Shape = Readonly<Record<string, unknown>>;

function roundProperties(shapeOf: (kind: StageKind) => Shape): Record<string, Shape> {
  const describe = (kind: StageKind, description: string): Shape => ({ description, ...shapeOf(kind) });
  return {
    knnBuilder: describe('knnBuilder', 'Finds the neighbours of each instance.'),
    proposalGenerator: describe('proposalGenerator', 'Proposes links or sets.'),
    scorer: describe('scorer', 'Scores the proposals; a list runs in order, each seeing the scores so far.'),
    deoverlapper: describe('deoverlapper', 'Turns scored proposals into clusters.'),
  };
}

function pipelineShape(shapeOf: (kind: StageKind) => Shape, presets: Shape): Shape {
  const properties = roundProperties(shapeOf);
  return {
    type: 'object',
    additionalProperties: false,
    properties: {
      preset: { description: "A plugin's whole pipeline; keys beside it override its options.", ...presets },
      rounds: {
        type: 'array',
        minItems: 1,
        description: 'Several rounds: each later one sees the embedding and the confidences of those before it.',
        items: { type: 'object', additionalProperties: false, properties },
      },
      ...properties,
    },
  };
}

function fileShape(pipeline: Shape): Shape {
  return {
    type: 'object',
    additionalProperties: false,
    required: ['data'],
    properties: {
      ...structuredClone(head),
      pipelines: {
        type: 'object',
        minProperties: 1,
        additionalProperties: pipeline,
        description: 'Several pipelines, by name, over the same data.',
      },
      ...(pipeline['properties'] as Shape),
    },
  };
}

/** The shape of a file before plugins are loaded: whatever stands under a stage key is looked at later. */
export const fileSchema: Shape = fileShape(pipelineShape(() => ({}), { type: 'string', minLength: 1 }));

/** The JSON Schema (draft 2020-12) of pipeline files with these plugins, for editors. Every stage with its options. */
export function pipelineSchema(registry: Registry): Shape {
  const definitions: Record<string, Shape> = {};
  for (const kind of stageKinds) {
    const names = registry.typeNames(kind);
    const objects = registry.stages(kind).map(({ definition }, i) => {
      const options = definition.options as { properties?: Shape; required?: readonly string[] };
      const needed = (options.required ?? []).filter(
        (name) => !('default' in ((options.properties?.[name] ?? {}) as Shape)),
      );
      return {
        type: 'object',
        additionalProperties: false,
        description: definition.summary,
        required: ['type', ...needed],
        properties: { type: { const: names[i] }, ...options.properties },
      };
    });
    definitions[kind] = { anyOf: [{ enum: names }, ...objects] };
  }
  const shapeOf = (kind: StageKind): Shape => {
    const reference = { $ref: `#/$defs/${kind}` };
    return kind === 'scorer' ? { anyOf: [reference, { type: 'array', items: reference }] } : reference;
  };
  const presets = registry.plugins.flatMap((plugin) =>
    Object.keys(plugin.presets).map((name) => `${plugin.name}/${name}`),
  );
  const shape = fileShape(pipelineShape(shapeOf, presets.length > 0 ? { enum: presets } : { type: 'string' }));
  const properties = shape['properties'] as Record<string, Shape>;
  properties['evaluators'] = { ...properties['evaluators'], items: { $ref: '#/$defs/evaluator' } };
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'l2c pipeline',
    ...shape,
    $defs: definitions,
  };
}
