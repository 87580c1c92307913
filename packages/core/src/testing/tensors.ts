interface TfEngine {
  memory(): { numTensors: number };
}

/**
 * How many tensors TensorFlow.js holds, or undefined where nobody has loaded it. Asks the engine that every copy of
 * TensorFlow.js in a process shares, so that the kit itself need not load the library.
 */
export function tensorCount(): number | undefined {
  return (globalThis as { _tfengine?: TfEngine })._tfengine?.memory().numTensors;
}
