/** Dense linear algebra of the forward pass and of the kNN search, whichever engine does it. */
export interface Compute {
  /** Which engine is really active. */
  readonly engine: 'onnxruntime' | 'tfjs' | 'plain';
  readonly device: 'cpu' | 'gpu';
  readonly threads: number;
}
