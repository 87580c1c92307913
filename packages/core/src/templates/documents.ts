/** How the new plugin is called, in its three places. */
export interface PluginNames {
  /** Folder and npm package: `l2c-plugin-mutual`. */
  readonly package: string;
  /** In front of its stages, where their short names are taken: `mutual`. */
  readonly plugin: string;
  /** Version of @l2c/core that it was written for. */
  readonly core: string;
  /** Where @l2c/core lies on this machine, if it was not installed from a registry. */
  readonly checkout: string | undefined;
}

export function packageJson(names: PluginNames): string {
  const manifest = {
    name: names.package,
    version: '0.1.0',
    description: 'A plugin for l2c.',
    license: 'MIT',
    type: 'module',
    engines: { node: '>=20.19' },
    main: './src/index.js',
    exports: { '.': './src/index.js', './package.json': './package.json' },
    files: ['src', 'docs'],
    keywords: ['l2c-plugin'],
    scripts: { test: 'mocha', start: 'l2c run pipeline.yaml' },
    peerDependencies: { '@l2c/core': `^${names.core}` },
    devDependencies: {
      ...(names.checkout === undefined ? {} : { '@l2c/core': `file:${names.checkout}` }),
      mocha: '^12.0.3',
    },
  };
  return `${JSON.stringify(manifest, undefined, 2)}\n`;
}

export function indexSource({ plugin }: PluginNames): string {
  return `import { definePlugin } from '@l2c/core';
import { mutualLinksStage } from './mutual-links.js';

/** The whole plugin: a name, and a list of stages. Add yours to the list. */
export default definePlugin({ name: '${plugin}', version: '0.1.0', stages: [mutualLinksStage] });
`;
}

export function pipelineYaml(dim: number): string {
  return `# Run it with: npm start
plugins: ['./']
data:
  features: data/faces.bin
  dim: ${dim}
  labels: data/labels.meta
knnBuilder: { type: exact, k: 10 }
proposalGenerator: knn-edges
deoverlapper: { type: mutual-links, minScore: 0.5, rank: 5 }
`;
}

export function readme(names: PluginNames): string {
  return `# ${names.package}

A plugin for l2c, which groups face embeddings by identity. It brings one stage:

| stage | kind | |
| --- | --- | --- |
| [\`mutual-links\`](docs/mutual-links.md) | deoverlapper | Joins instances that list each other among their best links. |

    npm install
    npm test       # the contract of l2c, and the stage's own tests
    npm start      # pipeline.yaml on the data set in data/, made up of 24 identities

## Use it elsewhere

    npm install ${names.checkout ?? '@l2c/core'} PATH/TO/${names.package}

and in a pipeline file

    plugins: ['${names.package}']

## Make it yours

\`src/mutual-links.js\` is read from top to bottom: options, their schema, a pure function, a thin class, the definition.
Write yours beside it, add it to the list in \`src/index.js\`, test it with \`describeStage\`, and describe it in \`docs/\`.
`;
}

export const stageDocument = `# mutual-links

Joins instances that list each other among their best links.

## What it does

Two faces of one person usually find each other: each is among the nearest neighbours of the other. A face that
resembles many, such as a blurred one, is listed by few of those it lists. So a link counts only if both ends have it among
their first \`rank\` links, and scores at least \`minScore\`. What such links connect is one cluster.

## Options

| option | type | default | |
| --- | --- | --- | --- |
| \`minScore\` | number | 0.5 | Links scoring below are cut. Without a scorer the score of a link is its cosine similarity. |
| \`rank\` | integer | 5 | Each of two instances must be among so many first links of the other. |

## How it works

Every instance's links are sorted by score, ties to the lower instance, and cut after \`rank\`. A union-find joins the pairs that
list each other.

## Cost

O(n rank) time and memory, after the neighbours have been found.

## Reference

Gowda and Krishna, Agglomerative clustering using the concept of mutual nearest neighbourhood, Pattern Recognition 10, 1978.
`;
