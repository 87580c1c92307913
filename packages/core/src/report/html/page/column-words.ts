/** Names of metrics as they are written in words. */
const spellings: readonly (readonly [RegExp, string])[] = [
  [/\bf\b/, 'F'],
  [/\bbcubed\b/, 'BCubed'],
  [/\bnmi\b/, 'NMI'],
];

/** The title of a column of the comparison. */
export const columnTitle = (name: string): string =>
  spellings.reduce((title, [pattern, word]) => title.replace(pattern, word), name);

const hints: Readonly<Record<string, string>> = {
  'pairwise precision': 'Of the pairs of faces that were put together, those of one person',
  'pairwise recall': 'Of the pairs of faces of one person, those that were put together',
  'pairwise f': 'Harmonic mean of both; large identities weigh most',
  'bcubed precision': 'How much of its cluster is of the same person, the mean over all faces',
  'bcubed recall': 'How much of its person is in the same cluster, the mean over all faces',
  'bcubed f': 'Harmonic mean of both; every face weighs alike',
  nmi: 'Normalised mutual information of clusters and identities, by the arithmetic mean of both entropies',
  'nmi geometric': 'The same by their geometric mean',
  singletons: 'Clusters of a single face',
  'peak MB': 'Most memory that a stage took',
  'pairwise f without singles': 'Over the faces that are not alone in their cluster',
  'bcubed f without singles': 'Over the faces that are not alone in their cluster',
  'identities found, F > 0.5': 'Share of identities that some cluster holds with such an F of precision and recall',
  'identities found, F > 0.9': 'Share of identities that some cluster holds with such an F of precision and recall',
  'clusters per identity': '1 is right; more where persons are split',
};

/** What a column of the comparison means; undefined where its title says it, or an evaluator of a plugin gave it. */
export const columnHint = (name: string): string | undefined => hints[name];
