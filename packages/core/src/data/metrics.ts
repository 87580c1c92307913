/** Named numbers of an evaluator, in the order they are to be shown: `pairwise precision`, `bcubed f`, `nmi` ... */
export type Metrics = Readonly<Record<string, number>>;
